// The options that name a testbed and say how its line is fitted, for every command that takes one.
import { InputError } from "@er/engine";
import type { FitOptions, TestbedOptions } from "@er/experiment";
import { MODEL_RULES, SCALE_NAMES, scaleNamed, TESTBED_NAMES } from "@er/metrics";
import type { Command } from "commander";
import { wholeNumber } from "./numbers.js";

export interface ColumnArguments {
  id?: string;
  ood?: string;
  labels: string[];
  types?: string;
  nId?: string;
  nOod?: string;
  unit?: string;
}

export interface FitArguments extends ColumnArguments {
  models?: string;
  scale?: string;
}

/** What --testbed takes, for its help. */
export const TESTBED_SOURCES = `a built-in name (${TESTBED_NAMES.join(", ")}), a FILE.csv, or a DIR of predictions`;

/** Where --id and --ood are something else. */
export const COLUMN_OPTIONS = { id: "--id-column", ood: "--ood-column" };

/** How a testbed that is no built-in one is read. */
export function addColumnOptions(command: Command, columns = { id: "--id", ood: "--ood" }): Command {
  return command
    .option(`${columns.id} <column>`, "the testbed's ID column or split")
    .option(`${columns.ood} <column>`, "the testbed's OOD column or split")
    .option(
      "--labels <split=file>",
      "labels (.npy) of a directory's split, where they are not in it; repeatable",
      (value, all: string[]) => [...all, value],
      [],
    )
    .option("--types <file.csv>", "kinds of a CSV's models: columns model and type")
    .option("--n-id <n>", "examples of the ID split, where a CSV has no column n_id")
    .option("--n-ood <n>", "examples of the OOD split, where a CSV has no column n_ood")
    .option("--unit <unit>", "what a CSV's accuracies are in: percent or fraction (found from the values)");
}

/** Those of {@link addColumnOptions}, and which models a line is fitted to and on what scale. */
export function addFitOptions(command: Command, columns?: { id: string; ood: string }): Command {
  return addColumnOptions(command, columns)
    .option(
      "--models <choice>",
      `which models enter the fit: ${MODEL_RULES.join(", ")}, or a FILE with their names (standard where kinds are known, else all)`,
    )
    .option("--scale <name>", `the scale that the line is fitted on: ${SCALE_NAMES.join(", ")} (${SCALE_NAMES[0]})`);
}

/** @throws InputError for an option that is none */
export function columnsOf({ id, ood, labels, types, nId, nOod, unit }: ColumnArguments): TestbedOptions {
  if (unit !== undefined && unit !== "percent" && unit !== "fraction") {
    throw new InputError(`--unit ${unit}: expected percent or fraction`);
  }
  const files: Record<string, string> = {};
  for (const pair of labels) {
    const at = pair.indexOf("=");
    if (at < 1) {
      throw new InputError(`--labels ${pair}: expected split=FILE.npy`);
    }
    files[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return {
    labels: files,
    ...(id !== undefined && { id }),
    ...(ood !== undefined && { ood }),
    ...(types !== undefined && { types }),
    ...(nId !== undefined && { nId: wholeNumber("--n-id", nId) }),
    ...(nOod !== undefined && { nOod: wholeNumber("--n-ood", nOod) }),
    ...(unit !== undefined && { unit }),
  };
}

/** @throws InputError for an option that is none */
export function fitOptionsOf({ models, scale, ...columns }: FitArguments): FitOptions {
  return {
    ...columnsOf(columns),
    ...(models !== undefined && { models }),
    ...(scale !== undefined && { scale: scaleNamed(scale) }),
  };
}
