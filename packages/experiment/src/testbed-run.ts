// Building a testbed by itself, into a directory of its own.
import { InputError, type Runtime } from "@er/engine";
import { buildTestbed } from "./build-testbed.js";
import { checkPrecision } from "./check-precision.js";
import { checkTestbedBuild } from "./check-run.js";
import { type Config, parseConfig } from "./config.js";
import { loadSets } from "./load-sets.js";
import { OpenRecord, refuseIfTaken } from "./open-record.js";
import { type Watch, warn } from "./progress.js";
import { checkClasses } from "./split-note.js";
import { type BuiltTestbed, readTestbedFile, TESTBED, TESTBED_FILE } from "./testbed-directory.js";

export interface TestbedRunOptions extends Watch {
  readonly directory: string;
  /** Of a run; what concerns fine-tuning alone is not looked at. */
  readonly config: Config;
  /** Go on building what the directory holds. */
  readonly resume: boolean;
  /** Replace the testbed that the directory holds. */
  readonly overwrite: boolean;
  /** Go on though the models before were trained on another adapter. */
  readonly otherAdapter: boolean;
}

/**
 * Builds a testbed that `er fit --testbed DIR` and a configuration's `"testbed": {"from": "DIR"}` read.
 *
 * @returns what its testbed.json holds; unfinished where it was stopped
 * @throws InputError for a configuration without `testbed.build`, and for a directory that holds anything else
 */
export async function runTestbedBuild(runtime: Runtime, options: TestbedRunOptions): Promise<BuiltTestbed> {
  const { directory, config, resume, overwrite } = options;
  if (config.testbed === undefined || !("build" in config.testbed)) {
    throw new InputError(
      'the configuration builds no testbed; give "testbed": {"build": {"widths": [4, 8], "points": 5, "train": { … }}}',
    );
  }
  const { build } = config.testbed;
  if (!resume) {
    await refuseIfTaken(directory, TESTBED, overwrite);
  }
  const onTakeOver = (text: string) => warn(options, text);
  const record = await OpenRecord.lock(directory, TESTBED, { command: "er testbed build", onTakeOver });
  try {
    checkPrecision(runtime, { "testbed.build.train": build.train });
    const sets = await loadSets({ ...config, pretrain: undefined }, options);
    checkClasses(config, sets, options);
    checkTestbedBuild(config, build, sets);
    return await buildTestbed({ runtime, record, config, sets, watch: options }, build, options);
  } finally {
    await record.close();
  }
}

/** The configuration that a testbed was built with. Throws an InputError where there is none. */
export async function testbedConfigOf(directory: string): Promise<Config> {
  const testbed = await readTestbedFile(directory);
  if (testbed === undefined) {
    throw new InputError(`${directory}: no testbed to resume; ${TESTBED_FILE} is missing`);
  }
  return parseConfig(testbed.config, `${directory}/${TESTBED_FILE}`);
}
