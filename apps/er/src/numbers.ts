// Numbers given on the command line.
import { InputError } from "@er/engine";

/** A whole number of 1 or more. Throws an InputError naming the option otherwise. */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new InputError(`${option} ${text}: expected a whole number of 1 or more`);
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
  const value = Number(text);
  if (counts !== null || text === "" || !(value >= 0 && value <= 1)) {
    const hint = value > 1 && value <= 100 ? "; a per cent? divide by 100" : "";
    throw new InputError(`${option} ${text}: expected a fraction from 0 to 1, or correct/n such as 9173/10000${hint}`);
  }
  return { accuracy: value };
}
