// Python's pickle as data, never as a program: a machine for the opcodes that plain values need, and a table of the few
// globals a caller allows, each with our own function in its place. Whatever else a file names is refused by its name.
// Format: Python's pickletools, protocols 0 to 5.

import { InputError } from "./errors.js";

/** A Python tuple; lists are arrays. */
export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** A Python dict or OrderedDict; `bytes` keys are kept as their Latin-1 text, as Python 2 wrote them. */
export class PickleDict {
  readonly entries = new Map<PickleValue, PickleValue>();

  set(key: PickleValue, value: PickleValue): void {
    this.entries.set(key instanceof Uint8Array ? latin1(key) : key, value);
  }

  get(key: PickleValue): PickleValue | undefined {
    return this.entries.get(key);
  }
}

/** An allowed global: what stands for it, and, where it may be called, our function for the call. */
export abstract class PickleGlobal {
  abstract readonly name: string;
  call(_args: readonly PickleValue[]): PickleValue {
    throw new InputError(`pickle: calls ${this.name}, which is no function here`);
  }
}

/** A value that a caller's globals make: a tensor, a storage, an array. */
export abstract class PickleObject {
  /** Python's BUILD; most of our objects take no state. */
  build(_state: PickleValue): void {
    throw new InputError("pickle: sets the state of an object that takes none");
  }
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleGlobal
  | PickleObject;

export interface UnpickleOptions {
  /** how messages name the file */
  readonly what: string;
  /** the allowed globals by `module name` */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** what a persistent id stands for; absent: such ids are refused */
  readonly persistent?: (id: PickleValue) => PickleValue;
  /** first byte to read; default 0 */
  readonly start?: number;
}

class PickleFunction extends PickleGlobal {
  constructor(
    readonly name: string,
    readonly apply: (args: readonly PickleValue[]) => PickleValue,
  ) {
    super();
  }
  override call(args: readonly PickleValue[]): PickleValue {
    return this.apply(args);
  }
}

/** A global that may be called. */
export function pickleFunction(
  name: string,
  apply: (args: readonly PickleValue[]) => PickleValue,
): [string, PickleGlobal] {
  return [name, new PickleFunction(name, apply)];
}

/** Latin-1 text of bytes, one code unit a byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Integers longer than this are no sizes or labels; torch's magic number has 10 bytes. */
const LONG_BYTES = 16;

/**
 * Runs one pickle up to its STOP. Time and memory grow with the bytes read, not with the numbers they claim.
 *
 * @returns the value, and the position after STOP
 * @throws InputError for an opcode or a global that is not allowed (by its name), and for a pickle that is broken or cut short
 */
export function unpickle(bytes: Uint8Array, options: UnpickleOptions): { value: PickleValue; end: number } {
  return new Machine(bytes, options).run();
}

class Machine {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #options: UnpickleOptions;
  #at: number;
  #stack: PickleValue[] = [];
  readonly #marks: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array, options: UnpickleOptions) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#options = options;
    this.#at = options.start ?? 0;
  }

  run(): { value: PickleValue; end: number } {
    for (;;) {
      const opcode = this.#byte();
      if (opcode === 0x2e) return { value: this.#pop(), end: this.#at };
      this.#step(opcode);
    }
  }

  #step(opcode: number): void {
    switch (String.fromCharCode(opcode)) {
      // frame and protocol
      case "\x80": {
        const protocol = this.#byte();
        if (protocol > 5) throw this.#refuse(`protocol ${protocol}; expected 0 to 5`);
        return;
      }
      case "\x95":
        this.#take(8);
        return;
      // stack and memo
      case "(":
        this.#marks.push(this.#stack);
        this.#stack = [];
        return;
      case "0":
        if (this.#stack.length > 0) this.#stack.pop();
        else this.#toMark();
        return;
      case "1":
        this.#toMark();
        return;
      case "2":
        this.#push(this.#top());
        return;
      case "p":
        this.#memo.set(this.#decimal(), this.#top());
        return;
      case "q":
        this.#memo.set(this.#byte(), this.#top());
        return;
      case "r":
        this.#memo.set(this.#uint32(), this.#top());
        return;
      case "\x94":
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case "g":
        this.#recall(this.#decimal());
        return;
      case "h":
        this.#recall(this.#byte());
        return;
      case "j":
        this.#recall(this.#uint32());
        return;
      // constants and numbers
      case "N":
        this.#push(null);
        return;
      case "\x88":
        this.#push(true);
        return;
      case "\x89":
        this.#push(false);
        return;
      case "I": {
        const line = this.#line();
        this.#push(line === "01" ? true : line === "00" ? false : this.#number(line));
        return;
      }
      case "L":
        this.#push(this.#number(this.#line().replace(/L$/, "")));
        return;
      case "F":
        this.#push(this.#number(this.#line()));
        return;
      case "J":
        this.#push(this.#view.getInt32(this.#skip(4), true));
        return;
      case "K":
        this.#push(this.#byte());
        return;
      case "M":
        this.#push(this.#view.getUint16(this.#skip(2), true));
        return;
      case "\x8a":
        this.#push(this.#long(this.#byte()));
        return;
      case "\x8b":
        this.#push(this.#long(this.#uint32()));
        return;
      case "G":
        this.#push(this.#view.getFloat64(this.#skip(8), false));
        return;
      // text and bytes
      case "S":
        this.#push(this.#quoted());
        return;
      case "V":
        this.#push(this.#line());
        return;
      case "U":
        this.#push(latin1(this.#take(this.#byte())));
        return;
      case "T":
        this.#push(latin1(this.#take(this.#uint32())));
        return;
      case "\x8c":
        this.#push(this.#text(this.#byte()));
        return;
      case "X":
        this.#push(this.#text(this.#uint32()));
        return;
      case "\x8d":
        this.#push(this.#text(this.#uint64()));
        return;
      case "C":
        this.#push(this.#take(this.#byte()));
        return;
      case "B":
        this.#push(this.#take(this.#uint32()));
        return;
      case "\x8e":
        this.#push(this.#take(this.#uint64()));
        return;
      // containers
      case "]":
        this.#push([]);
        return;
      case "}":
        this.#push(new PickleDict());
        return;
      case ")":
        this.#push(new PickleTuple([]));
        return;
      case "l":
        this.#push(this.#toMark());
        return;
      case "t":
        this.#push(new PickleTuple(this.#toMark()));
        return;
      case "d": {
        const dict = new PickleDict();
        this.#fill(dict, this.#toMark());
        this.#push(dict);
        return;
      }
      case "\x85":
        this.#tuple(1);
        return;
      case "\x86":
        this.#tuple(2);
        return;
      case "\x87":
        this.#tuple(3);
        return;
      case "a": {
        const value = this.#pop();
        this.#list().push(value);
        return;
      }
      case "e": {
        const values = this.#toMark();
        const list = this.#list();
        for (const value of values) list.push(value);
        return;
      }
      case "s": {
        const value = this.#pop();
        const key = this.#pop();
        this.#fill(this.#dict(), [key, value]);
        return;
      }
      case "u": {
        const values = this.#toMark();
        this.#fill(this.#dict(), values);
        return;
      }
      // globals, calls and objects
      case "c": {
        const module = this.#line();
        this.#global(module, this.#line());
        return;
      }
      case "\x93": {
        const name = this.#pop();
        const module = this.#pop();
        if (typeof module !== "string" || typeof name !== "string") throw this.#refuse("a global without a name");
        this.#global(module, name);
        return;
      }
      case "R": {
        const args = this.#pop();
        const target = this.#pop();
        if (!(target instanceof PickleGlobal) || !(args instanceof PickleTuple)) {
          throw this.#refuse("a call of something that is no allowed function");
        }
        this.#push(target.call(args.items));
        return;
      }
      case "b": {
        const state = this.#pop();
        const target = this.#top();
        // torch hangs `_metadata` on the OrderedDict of a state dict; a dict's own attributes hold no weights.
        if (target instanceof PickleDict) return;
        if (!(target instanceof PickleObject)) throw this.#refuse("state set on something that is no object");
        target.build(state);
        return;
      }
      case "Q":
        this.#push(this.#persistent(this.#pop()));
        return;
      case "P":
        this.#push(this.#persistent(this.#line()));
        return;
      default:
        throw this.#refuse(
          `opcode 0x${opcode.toString(16).padStart(2, "0")} at byte ${this.#at - 1}, which is not allowed; nothing was run. Save plain tensors, or safetensors`,
        );
    }
  }

  #refuse(why: string): InputError {
    return new InputError(`${this.#options.what}: the pickle has ${why}`);
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#refuse(`an empty stack at byte ${this.#at}; it is broken`);
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.#refuse(`an empty stack at byte ${this.#at}; it is broken`);
    return value;
  }

  #toMark(): PickleValue[] {
    const values = this.#stack;
    const outer = this.#marks.pop();
    if (outer === undefined) throw this.#refuse(`no mark at byte ${this.#at}; it is broken`);
    this.#stack = outer;
    return values;
  }

  #tuple(length: number): void {
    const items: PickleValue[] = [];
    for (let i = 0; i < length; i++) items.unshift(this.#pop());
    this.#push(new PickleTuple(items));
  }

  #list(): PickleValue[] {
    const top = this.#top();
    if (!Array.isArray(top)) throw this.#refuse(`an append to something that is no list at byte ${this.#at}`);
    return top;
  }

  #dict(): PickleDict {
    const top = this.#top();
    if (!(top instanceof PickleDict))
      throw this.#refuse(`an item set on something that is no dict at byte ${this.#at}`);
    return top;
  }

  #fill(dict: PickleDict, items: readonly PickleValue[]): void {
    if (items.length % 2 !== 0) throw this.#refuse(`a key without a value at byte ${this.#at}`);
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!);
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#refuse(`no memo ${index} at byte ${this.#at}; it is broken`);
    this.#push(value);
  }

  #global(module: string, name: string): void {
    const found = this.#options.globals.get(`${module} ${name}`);
    if (found === undefined) {
      throw this.#refuse(
        `the global "${`${module}.${name}`.slice(0, 200)}", which is not allowed; nothing was run. Save plain tensors, or safetensors`,
      );
    }
    this.#push(found);
  }

  #persistent(id: PickleValue): PickleValue {
    if (this.#options.persistent === undefined) throw this.#refuse("a persistent id, which has no meaning here");
    return this.#options.persistent(id);
  }

  #skip(length: number): number {
    const from = this.#at;
    if (length > this.#bytes.length - from) {
      throw this.#refuse(`${length} bytes to read at byte ${from} of ${this.#bytes.length}; is the file truncated?`);
    }
    this.#at = from + length;
    return from;
  }

  #take(length: number): Uint8Array {
    const from = this.#skip(length);
    return this.#bytes.subarray(from, from + length);
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  #uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  #uint64(): number {
    return Number(this.#view.getBigUint64(this.#skip(8), true));
  }

  #long(length: number): number | bigint {
    if (length > LONG_BYTES) throw this.#refuse(`an integer of ${length} bytes; expected at most ${LONG_BYTES}`);
    const bytes = this.#take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    if (length > 0 && bytes[length - 1]! >= 0x80) value -= 1n << BigInt(8 * length);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  #line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.#refuse(`a line without an end at byte ${this.#at}; is the file truncated?`);
    const line = latin1(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return line;
  }

  #decimal(): number {
    const value = this.#number(this.#line());
    if (!Number.isSafeInteger(value)) throw this.#refuse(`the memo index ${value}`);
    return value;
  }

  #number(text: string): number {
    const value = text === "inf" ? Number.POSITIVE_INFINITY : text === "-inf" ? Number.NEGATIVE_INFINITY : Number(text);
    if (text.trim() === "" || (Number.isNaN(value) && text !== "nan")) {
      throw this.#refuse(`the number ${JSON.stringify(text.slice(0, 40))}`);
    }
    return value;
  }

  #quoted(): string {
    const match = /^(['"])([^\\]*)\1$/.exec(this.#line());
    if (!match) throw this.#refuse("text with escapes, which is not read");
    return match[2]!;
  }

  #text(length: number): string {
    return new TextDecoder().decode(this.#take(length));
  }
}
