// Where a recorded run's testbed lies.
import { isDirectory } from "./is-directory.js";
import { RunRecord } from "./record.js";
import type { RecordedRun } from "./recorded-trajectories.js";

/** The directory of predictions that a run is measured against; undefined where it is a table, or there is none. */
export async function testbedDirectory(
  { directory, config: { testbed } }: RecordedRun,
  given: string | undefined,
): Promise<string | undefined> {
  const own =
    testbed === undefined ? undefined : "build" in testbed ? new RunRecord(directory).path("testbed") : testbed.from;
  const source = given ?? own;
  return source !== undefined && (await isDirectory(source)) ? source : undefined;
}
