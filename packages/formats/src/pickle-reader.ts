// The operands of pickle's opcodes, read one after the other from bytes that may be cut short or lie about their lengths.
// It knows no opcode. Format: Python's pickletools.

import { InputError } from "./errors.js";
import { latin1 } from "./pickle-values.js";

/** torch's magic number has 10 bytes, states of random numbers some more; no other integer is as long. */
const LONG_BYTES = 1024;

/** Thrown where the bytes at hand end before what is to be read, but the file goes on. */
export class ShortRead extends Error {}

/**
 * Every method reads at `at` and moves past what it read.
 *
 * @throws InputError (from each) where the bytes end before, or are no such operand
 */
export class PickleReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  readonly #total: number;
  #at: number;

  /**
   * @param what how messages name the file
   * @param total bytes of the file, of which `bytes` may be the first; where they do not suffice, ShortRead is thrown
   */
  constructor(bytes: Uint8Array, start: number, what: string, total: number) {
    this.#bytes = bytes;
    this.#total = total;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#what = what;
  }

  /** The byte to be read next. */
  get at(): number {
    return this.#at;
  }

  /** The error for a pickle that has something it may not have. */
  refuse(why: string): InputError {
    return new InputError(`${this.#what}: the pickle has ${why}`);
  }

  #skip(length: number): number {
    const from = this.#at;
    if (length > this.#total - from) {
      throw this.refuse(`${length} bytes to read at byte ${from} of ${this.#total}; is the file truncated?`);
    }
    if (length > this.#bytes.length - from) throw new ShortRead();
    this.#at = from + length;
    return from;
  }

  /** So many bytes, not copied. */
  take(length: number): Uint8Array {
    const from = this.#skip(length);
    return this.#bytes.subarray(from, from + length);
  }

  byte(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#skip(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  /** Big-endian, unlike everything else in a pickle. */
  float64(): number {
    return this.#view.getFloat64(this.#skip(8), false);
  }

  /** A two's complement integer of so many bytes; a bigint where a number cannot hold it. */
  long(length: number): number | bigint {
    if (length > LONG_BYTES) throw this.refuse(`an integer of ${length} bytes; expected at most ${LONG_BYTES}`);
    const bytes = this.take(length);
    let value = length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
    if (length > 0 && bytes[length - 1]! >= 0x80) value -= 1n << BigInt(8 * length);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** Latin-1 text up to the next line end. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0 && this.#bytes.length < this.#total) throw new ShortRead();
    if (end < 0) throw this.refuse(`a line without an end at byte ${this.#at}; is the file truncated?`);
    const line = latin1(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return line;
  }

  /** A memo index on a line of its own. */
  decimal(): number {
    const value = this.number(this.line());
    if (!Number.isSafeInteger(value)) throw this.refuse(`the memo index ${value}`);
    return value;
  }

  /** A number that a line holds as text. */
  number(text: string): number {
    const value = text === "inf" ? Number.POSITIVE_INFINITY : text === "-inf" ? Number.NEGATIVE_INFINITY : Number(text);
    if (text.trim() === "" || (Number.isNaN(value) && text !== "nan")) {
      throw this.refuse(`the number ${JSON.stringify(text.slice(0, 40))}`);
    }
    return value;
  }

  /** The text between the quotes of a line. */
  quoted(): string {
    const match = /^(['"])([^\\]*)\1$/.exec(this.line());
    if (!match) throw this.refuse("text with escapes, which is not read");
    return match[2]!;
  }

  /** UTF-8 text of so many bytes. */
  text(length: number): string {
    return new TextDecoder().decode(this.take(length));
  }
}
