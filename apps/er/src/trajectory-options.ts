// The options that say against which baseline recorded runs are measured.
import type { TrajectoryOptions } from "@er/experiment";
import type { Command } from "commander";
import { addFitOptions, COLUMN_OPTIONS, type FitArguments, fitOptionsOf, TESTBED_SOURCES } from "./testbed-options.js";

export interface TrajectoryArguments extends Omit<FitArguments, "id" | "ood"> {
  testbed?: string;
  split?: string;
  idColumn?: string;
  oodColumn?: string;
}

export function addTrajectoryOptions(command: Command): Command {
  return addFitOptions(
    command
      .option("--testbed <source>", `in place of the runs' own: ${TESTBED_SOURCES}`)
      .option("--split <name>", "one OOD split of the runs alone"),
    COLUMN_OPTIONS,
  );
}

/** @throws InputError for an option that is none */
export function trajectoryOptionsOf({
  testbed,
  split,
  idColumn,
  oodColumn,
  ...fit
}: TrajectoryArguments): TrajectoryOptions {
  return {
    ...(testbed !== undefined && { testbed }),
    ...(split !== undefined && { split }),
    fit: {
      ...fitOptionsOf({
        ...fit,
        ...(idColumn !== undefined && { id: idColumn }),
        ...(oodColumn !== undefined && { ood: oodColumn }),
      }),
      optionNames: COLUMN_OPTIONS,
    },
  };
}
