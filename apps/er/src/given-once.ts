// Options that are given twice: the last would win without a word, and which was meant is not known.
import { InputError } from "@er/engine";
import type { Command } from "commander";

/**
 * Makes a command refuse an option with a value that is given again, but for those that collect their values.
 *
 * Parsing then throws an InputError with the option and both values.
 */
export function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    const takesOne = (option.required || option.optional) && !Array.isArray(option.defaultValue);
    if (!takesOne) continue;
    let before: string | undefined;
    command.on(`option:${option.name()}`, (value: string | null) => {
      if (before !== undefined) {
        throw new InputError(`${option.long}: given twice, ${before} and ${value ?? ""}; give it once`);
      }
      before = value ?? "";
    });
  }
}
