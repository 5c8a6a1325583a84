// er verify: whether the records of runs are whole.
import { InputError } from "@er/engine";
import { type Verified, verify as verifyRecord } from "@er/experiment";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";

/** How many names a line gives. */
const NAMED = 3;

export const verify = new Command("verify")
  .description(
    "hold every file of a run, an interpolation or a testbed to its checksum, and compare what belongs together",
  )
  .argument("<dirs...>", "directories of er train, er interpolate or er testbed build")
  .option("--json", "print the result as JSON")
  .action(async (directories: string[], options: OutputOptions) => {
    const output = new Output(options);
    const verified: Verified[] = [];
    const refused: InputError[] = [];
    for (const directory of directories) {
      try {
        verified.push(await verifyRecord(directory));
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        refused.push(error);
      }
    }
    if (verified.length > 0) output.answer(verified, verified.flatMap(linesOf).join("\n"));
    if (verified.some(({ flaws }) => flaws.length > 0)) process.exitCode = 1;
    for (const { message } of refused.slice(0, -1)) output.warn(`er: ${message}`);
    if (refused.length > 0) throw refused.at(-1);
  });

function linesOf({ directory, files, finished, flaws, adapters, unlisted }: Verified): string[] {
  const state =
    flaws.length === 0
      ? `whole${finished ? "" : ", unfinished"}`
      : `${flaws.length} ${flaws.length === 1 ? "flaw" : "flaws"}`;
  const more = unlisted.length > NAMED ? ` and ${unlisted.length - NAMED} more` : "";
  return [
    `${directory}: ${state} (${files} files held to their checksums)`,
    ...flaws.map(({ file, what }) => `  ${file}: ${what}`),
    ...(adapters === undefined ? [] : [`  ${adapters}`]),
    ...(unlisted.length === 0
      ? []
      : [`  not written by it, and in the way of --overwrite: ${unlisted.slice(0, NAMED).join(", ")}${more}`]),
  ];
}
