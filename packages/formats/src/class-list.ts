// A list of class numbers in JSON, as predictions are published: `[3, 8, 8, 0, …]`. Read straight from the bytes, since a
// million numbers as a JavaScript array, and a schema over them, take many times the memory and the time.

import { InputError } from "./errors.js";

/** The largest class number that is read: uint16, as predictions are kept. */
const LARGEST_CLASS = 65_535;

const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Reads a JSON list of class numbers.
 *
 * @param bytes the whole file, UTF-8
 * @param what how messages name the file
 * @returns the classes in the list's order
 * @throws InputError where it is anything but a list of whole numbers from 0 to 65,535, with the place
 */
export function readClassList(bytes: Uint8Array, what: string): Uint16Array {
  // A number takes two bytes at least, the comma or bracket after it included.
  const classes = new Uint16Array(Math.ceil(bytes.length / 2));
  let count = 0;
  let at = pastSpace(bytes, 0);
  if (bytes[at] !== OPEN) throw refusal(bytes, at, what);
  at = pastSpace(bytes, at + 1);
  while (bytes[at] !== CLOSE || count > 0) {
    const start = at;
    let value = 0;
    for (; bytes[at]! >= ZERO && bytes[at]! <= NINE && value <= LARGEST_CLASS; at++) {
      value = 10 * value + bytes[at]! - ZERO;
    }
    const padded = bytes[start] === ZERO && at - start > 1;
    if (at === start || value > LARGEST_CLASS || padded) throw refusal(bytes, start, what);
    classes[count++] = value;
    at = pastSpace(bytes, at);
    if (bytes[at] === CLOSE) break;
    if (bytes[at] !== COMMA) throw refusal(bytes, start, what);
    at = pastSpace(bytes, at + 1);
  }
  const end = pastSpace(bytes, at + 1);
  if (end < bytes.length) throw refusal(bytes, end, what);
  return classes.slice(0, count);
}

/** The next place that holds no space; JSON's are blank, tab, line feed and carriage return. */
function pastSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++;
  return at;
}

function refusal(bytes: Uint8Array, at: number, what: string): InputError {
  const found =
    at >= bytes.length ? "the end" : JSON.stringify(new TextDecoder().decode(bytes.subarray(at, at + 12)).trimEnd());
  return new InputError(
    `${what}: expected a JSON list of class numbers from 0 to ${LARGEST_CLASS}, such as [3, 8, 0]; found ${found} at byte ${at}`,
  );
}
