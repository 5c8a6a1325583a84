// Numbers given on the command line.
import { InputError } from "@er/engine";

/** What is a decimal number to people; JavaScript reads blanks as 0 and hexadecimal numbers too. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The decimal number that a text is; NaN where it is none. */
export function decimal(text: string): number {
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/**
 * A whole number in digits.
 *
 * @param range 1 or more where left out
 * @throws InputError naming the option otherwise
 */
export function wholeNumber(
  option: string,
  text: string,
  { least = 1, most = Number.MAX_SAFE_INTEGER }: { readonly least?: number; readonly most?: number } = {},
): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
    throw new InputError(`${option} ${text}: expected a whole number ${range}, in digits`);
  }
  return value;
}

/** A port, 0 for a free one. Throws an InputError naming the option otherwise. */
export function portNumber(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65535) {
    throw new InputError(`${option} ${text}: expected a port from 1 to 65535, or 0 for a free one`);
  }
  return value;
}

/** A fraction from 0 to 1, or a count `correct/n`. */
export function accuracy(option: string, text: string): { accuracy: number; n?: number; correct?: number } {
  const counts = /^(\d+)\/(\d+)$/.exec(text);
  if (counts !== null) {
    const [correct, n] = [Number(counts[1]), Number(counts[2])];
    if (n > 0 && correct <= n) {
      return { accuracy: correct / n, n, correct };
    }
  }
  const value = decimal(text);
  if (counts !== null || !(value >= 0 && value <= 1)) {
    const hint = value > 1 && value <= 100 ? "; a per cent? divide by 100" : "";
    throw new InputError(`${option} ${text}: expected a fraction from 0 to 1, or correct/n such as 9173/10000${hint}`);
  }
  return { accuracy: value };
}
