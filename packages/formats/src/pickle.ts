// Python's pickle as data, never as a program: a machine for the opcodes that plain values need, and a table of the few
// globals a caller allows, each with our own function in its place. Whatever else a file names is refused by its name.
// Format: Python's pickletools, protocols 0 to 5.

import { InputError } from "./errors.js";
import { Placeholder } from "./pickle-placeholder.js";
import { PickleReader } from "./pickle-reader.js";
import { latin1, PickleDict, PickleGlobal, PickleObject, PickleTuple, type PickleValue } from "./pickle-values.js";

export interface UnpickleOptions {
  /** how messages name the file */
  readonly what: string;
  /** the allowed globals by `module name` */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** what stands for globals that are not in the table; undefined: they are refused */
  readonly fallback?: (module: string, name: string) => PickleGlobal | undefined;
  /** what a persistent id stands for; absent: such ids are refused */
  readonly persistent?: (id: PickleValue) => PickleValue;
  /** first byte to read; default 0 */
  readonly start?: number;
  /** bytes of the file where only its first are handed in; default all */
  readonly total?: number;
}

/**
 * A file names a value once and may then hand it to functions again and again; in all they are not handed more than this
 * many times the file,
 */
const WORK_LIMIT = 16;
/** … with this much granted to small files. */
const WORK_GRANT = 1 << 20;

/** Values that a pickle may make, of some hundred bytes each; a tensor of a state dict takes about sixty. */
const VALUES_LIMIT = 1 << 21;

/** An empty dict takes as much as so many other values. */
const DICT_VALUES = 4;

/** So does what a call makes, beside the value itself. */
const CALL_VALUES = 2;

/** Marks that may be open at a time; Python's own pickler stops at about as many levels. */
const MARKS_LIMIT = 1000;

/** What a function may copy or walk: elements of a container, and of those directly in it; bytes or characters otherwise. */
function sizeOf(value: PickleValue): number {
  const items = value instanceof PickleTuple ? value.items : Array.isArray(value) ? value : undefined;
  if (items === undefined) return flatSizeOf(value);
  let size = items.length;
  for (const item of items) size += flatSizeOf(item);
  return size;
}

function flatSizeOf(value: PickleValue): number {
  if (value instanceof PickleTuple) return value.items.length;
  return typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array ? value.length : 0;
}

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
  readonly #reader: PickleReader;
  readonly #options: UnpickleOptions;
  /** what may still be handed to functions */
  #work: number;
  #stack: PickleValue[] = [];
  readonly #marks: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();
  #values = 0;

  constructor(bytes: Uint8Array, options: UnpickleOptions) {
    this.#reader = new PickleReader(bytes, options.start ?? 0, options.what, options.total ?? bytes.length);
    this.#options = options;
    this.#work = bytes.length * WORK_LIMIT + WORK_GRANT;
  }

  run(): { value: PickleValue; end: number } {
    for (;;) {
      const opcode = this.#reader.byte();
      if (opcode === 0x2e) return { value: this.#pop(), end: this.#reader.at };
      this.#step(opcode);
    }
  }

  #step(opcode: number): void {
    switch (String.fromCharCode(opcode)) {
      // frame and protocol
      case "\x80": {
        const protocol = this.#reader.byte();
        if (protocol > 5) throw this.#reader.refuse(`protocol ${protocol}; expected 0 to 5`);
        return;
      }
      case "\x95":
        this.#reader.take(8);
        return;
      // stack and memo
      case "(":
        this.#count();
        if (this.#marks.length >= MARKS_LIMIT) throw this.#reader.refuse(`values nested over ${MARKS_LIMIT} deep`);
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
        this.#memoise(this.#reader.decimal());
        return;
      case "q":
        this.#memoise(this.#reader.byte());
        return;
      case "r":
        this.#memoise(this.#reader.uint32());
        return;
      case "\x94":
        this.#memoise(this.#memo.size);
        return;
      case "g":
        this.#recall(this.#reader.decimal());
        return;
      case "h":
        this.#recall(this.#reader.byte());
        return;
      case "j":
        this.#recall(this.#reader.uint32());
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
        const line = this.#reader.line();
        this.#push(line === "01" ? true : line === "00" ? false : this.#reader.number(line));
        return;
      }
      case "L":
        this.#push(this.#reader.number(this.#reader.line().replace(/L$/, "")));
        return;
      case "F":
        this.#push(this.#reader.number(this.#reader.line()));
        return;
      case "J":
        this.#push(this.#reader.int32());
        return;
      case "K":
        this.#push(this.#reader.byte());
        return;
      case "M":
        this.#push(this.#reader.uint16());
        return;
      case "\x8a":
        this.#push(this.#reader.long(this.#reader.byte()));
        return;
      case "\x8b":
        this.#push(this.#reader.long(this.#reader.uint32()));
        return;
      case "G":
        this.#push(this.#reader.float64());
        return;
      // text and bytes
      case "S":
        this.#push(this.#reader.quoted());
        return;
      case "V":
        this.#push(this.#reader.line());
        return;
      case "U":
        this.#push(latin1(this.#reader.take(this.#reader.byte())));
        return;
      case "T":
        this.#push(latin1(this.#reader.take(this.#reader.uint32())));
        return;
      case "\x8c":
        this.#push(this.#reader.text(this.#reader.byte()));
        return;
      case "X":
        this.#push(this.#reader.text(this.#reader.uint32()));
        return;
      case "\x8d":
        this.#push(this.#reader.text(this.#reader.uint64()));
        return;
      case "C":
        this.#push(this.#reader.take(this.#reader.byte()));
        return;
      case "B":
        this.#push(this.#reader.take(this.#reader.uint32()));
        return;
      case "\x8e":
      case "\x96":
        this.#push(this.#reader.take(this.#reader.uint64()));
        return;
      // containers
      case "]":
        this.#push([]);
        return;
      case "}":
        this.#count(DICT_VALUES);
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
        this.#count(DICT_VALUES);
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
      case "a":
        this.#append([this.#pop()]);
        return;
      case "e":
        this.#append(this.#toMark());
        return;
      case "s": {
        const value = this.#pop();
        const key = this.#pop();
        this.#setItems([key, value]);
        return;
      }
      case "u":
        this.#setItems(this.#toMark());
        return;
      case "\x8f":
        this.#push(new Placeholder("set", []));
        return;
      case "\x90": {
        const values = this.#toMark();
        const set = this.#top();
        if (!(set instanceof PickleObject)) throw this.#reader.refuse("items added to something that is no set");
        this.#named(() => set.take(values));
        return;
      }
      case "\x91":
        this.#push(new Placeholder("frozenset", this.#toMark()));
        return;
      // globals, calls and objects
      case "c": {
        const module = this.#reader.line();
        this.#global(module, this.#reader.line());
        return;
      }
      case "\x93": {
        const name = this.#pop();
        const module = this.#pop();
        if (typeof module !== "string" || typeof name !== "string")
          throw this.#reader.refuse("a global without a name");
        this.#global(module, name);
        return;
      }
      case "R": {
        const args = this.#pop();
        const target = this.#pop();
        const callable = target instanceof PickleGlobal || target instanceof PickleObject;
        if (!callable || !(args instanceof PickleTuple)) {
          throw this.#reader.refuse("a call of something that is no allowed function");
        }
        this.#spend(sizeOf(args));
        this.#count(CALL_VALUES);
        this.#push(this.#named(() => target.call(args.items)));
        return;
      }
      case "\x81":
        this.#instance(this.#pop());
        return;
      case "\x92": {
        const named = this.#pop();
        const args = this.#pop();
        this.#instance(args instanceof PickleTuple ? new PickleTuple([...args.items, named]) : args);
        return;
      }
      case "b": {
        const state = this.#pop();
        const target = this.#top();
        // torch hangs `_metadata` on the OrderedDict of a state dict; a dict's own attributes hold no weights.
        if (target instanceof PickleDict) return;
        if (!(target instanceof PickleObject)) throw this.#reader.refuse("state set on something that is no object");
        this.#spend(sizeOf(state));
        this.#named(() => target.build(state));
        return;
      }
      case "Q":
        this.#push(this.#persistent(this.#pop()));
        return;
      case "P":
        this.#push(this.#persistent(this.#reader.line()));
        return;
      default:
        throw this.#reader.refuse(
          `opcode 0x${opcode.toString(16).padStart(2, "0")} at byte ${this.#reader.at - 1}, which is not allowed; nothing was run. Save plain tensors, or safetensors`,
        );
    }
  }

  #spend(size: number): void {
    this.#work -= size;
    if (this.#work < 0) throw this.#reader.refuse("values used over and over, far beyond the size of the file");
  }

  /** The caller's functions do not know the file's name; their messages get it here. */
  #named<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw error instanceof InputError
        ? new InputError(`${this.#options.what}: ${error.message}`, { cause: error })
        : error;
    }
  }

  #count(values = 1): void {
    this.#values += values;
    if (this.#values > VALUES_LIMIT) throw this.#reader.refuse(`over ${VALUES_LIMIT} values`);
  }

  #push(value: PickleValue): void {
    this.#count();
    this.#stack.push(value);
  }

  #memoise(index: number): void {
    this.#count();
    this.#memo.set(index, this.#top());
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#reader.refuse(`an empty stack at byte ${this.#reader.at}; it is broken`);
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.#reader.refuse(`an empty stack at byte ${this.#reader.at}; it is broken`);
    return value;
  }

  #toMark(): PickleValue[] {
    const values = this.#stack;
    const outer = this.#marks.pop();
    if (outer === undefined) throw this.#reader.refuse(`no mark at byte ${this.#reader.at}; it is broken`);
    this.#stack = outer;
    return values;
  }

  #tuple(length: number): void {
    const items: PickleValue[] = [];
    for (let i = 0; i < length; i++) items.unshift(this.#pop());
    this.#push(new PickleTuple(items));
  }

  #instance(args: PickleValue): void {
    const target = this.#pop();
    if (!(target instanceof PickleGlobal)) throw this.#reader.refuse("an instance of something that is no class");
    if (!(args instanceof PickleTuple)) throw this.#reader.refuse("an instance of a class, its arguments no tuple");
    this.#spend(sizeOf(args));
    this.#count(CALL_VALUES);
    this.#push(this.#named(() => target.make(args.items)));
  }

  #append(values: readonly PickleValue[]): void {
    const top = this.#top();
    if (top instanceof PickleObject) {
      this.#named(() => top.take(values));
      return;
    }
    if (!Array.isArray(top))
      throw this.#reader.refuse(`an append to something that is no list at byte ${this.#reader.at}`);
    for (const value of values) top.push(value);
  }

  #setItems(items: readonly PickleValue[]): void {
    const top = this.#top();
    if (top instanceof PickleObject) {
      this.#named(() => top.take(items));
      return;
    }
    if (!(top instanceof PickleDict))
      throw this.#reader.refuse(`an item set on something that is no dict at byte ${this.#reader.at}`);
    this.#fill(top, items);
  }

  #fill(dict: PickleDict, items: readonly PickleValue[]): void {
    if (items.length % 2 !== 0) throw this.#reader.refuse(`a key without a value at byte ${this.#reader.at}`);
    for (let i = 0; i < items.length; i += 2) {
      this.#spend(flatSizeOf(items[i]!));
      dict.set(items[i]!, items[i + 1]!);
    }
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#reader.refuse(`no memo ${index} at byte ${this.#reader.at}; it is broken`);
    this.#push(value);
  }

  #global(module: string, name: string): void {
    const found = this.#options.globals.get(`${module} ${name}`) ?? this.#options.fallback?.(module, name);
    if (found === undefined) {
      throw this.#reader.refuse(
        `the global "${`${module}.${name}`.slice(0, 200)}", which is not allowed; nothing was run. Save plain tensors, or safetensors`,
      );
    }
    this.#push(found);
  }

  #persistent(id: PickleValue): PickleValue {
    const { persistent } = this.#options;
    if (persistent === undefined) throw this.#reader.refuse("a persistent id, which has no meaning here");
    return this.#named(() => persistent(id));
  }
}
