// The options that name a testbed, for every command that takes one.
import { InputError } from "@er/engine";
import { loadTestbed } from "@er/experiment";
import type { TestbedModel } from "@er/metrics";
import type { Command } from "commander";

export interface TestbedArguments {
  testbed: string;
  id?: string;
  ood?: string;
  labels: string[];
}

export function addTestbedOptions(command: Command, columns = { id: "--id", ood: "--ood" }): Command {
  return command
    .requiredOption(
      "--testbed <source>",
      "a built-in name (cifar10.1-v4, cifar10.1-v6), a FILE.csv, or a DIR of predictions",
    )
    .option(`${columns.id} <column>`, "the testbed's ID column or split")
    .option(`${columns.ood} <column>`, "the testbed's OOD column or split")
    .option(
      "--labels <split=file>",
      "labels (.npy) of a directory's split, where they are not in it; repeatable",
      (value, all: string[]) => [...all, value],
      [],
    );
}

export async function testbedOf({ testbed, id, ood, labels }: TestbedArguments): Promise<TestbedModel[]> {
  const files: Record<string, string> = {};
  for (const pair of labels) {
    const at = pair.indexOf("=");
    if (at < 1) {
      throw new InputError(`--labels ${pair}: expected split=FILE.npy`);
    }
    files[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return await loadTestbed(testbed, {
    labels: files,
    ...(id !== undefined && { id }),
    ...(ood !== undefined && { ood }),
  });
}
