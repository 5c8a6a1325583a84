// Labels that are given for a split: a name that no split in use has would be passed over in silence.
import { InputError } from "@er/engine";

/**
 * @param given the splits that labels are given for
 * @param used those that are read
 * @throws InputError on the first that is not read, with those that are
 */
export function refuseOtherLabels(given: readonly string[], used: readonly string[]): void {
  const other = given.find((split) => !used.includes(split));
  if (other !== undefined) {
    const one = used.length === 1;
    throw new InputError(
      `--labels ${other}=…: the split "${other}" is not in use; ${one ? "the one in use is" : "those in use are"} ${used.join(", ")}`,
    );
  }
}
