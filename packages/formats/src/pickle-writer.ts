// The few opcodes of pickle's protocol 2 that a state dict is written with; what it writes, `pickle.ts` reads.

/** Collects opcodes; every method adds one value, or a piece of it, in the order in which Python's machine takes them. */
export class PickleWriter {
  readonly #bytes: number[] = [0x80, 2];

  /** An opcode without operands. */
  op(code: string): this {
    for (const character of code) this.#bytes.push(character.charCodeAt(0));
    return this;
  }

  /** A class or function, by its module and name. */
  global(module: string, name: string): this {
    return this.op(`c${module}\n${name}\n`);
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    this.op("X").#uint32(bytes.length);
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  /** A whole number from 0 to 2^53. */
  int(value: number): this {
    if (value < 0x100) {
      this.op("K").#bytes.push(value);
      return this;
    }
    if (value < 0x80000000) {
      this.op("J").#uint32(value);
      return this;
    }
    // Two's complement in as few bytes as hold it; the eighth is its sign.
    this.op("\x8a\x08").#uint32(value % 2 ** 32);
    this.#uint32(Math.floor(value / 2 ** 32));
    return this;
  }

  /** A tuple of whole numbers. */
  ints(values: readonly number[]): this {
    this.op("(");
    for (const value of values) this.int(value);
    return this.op("t");
  }

  #uint32(value: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.#bytes.push((value >>> shift) & 0xff);
  }

  /** The pickle, ended. */
  end(): Uint8Array {
    return Uint8Array.from(this.op(".").#bytes);
  }
}
