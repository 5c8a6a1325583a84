// The Python values that a pickle may hold, and the globals a caller allows in it, each with our own function in its place.

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
  /** Python's NEWOBJ: an instance of a class. */
  make(_args: readonly PickleValue[]): PickleValue {
    throw new InputError(`pickle: makes an instance of ${this.name}, which is no class here`);
  }
}

/** A value that a caller's globals make: a tensor, a storage, an array. Most of ours take nothing more. */
export abstract class PickleObject {
  /** How messages show it. */
  get shown(): string {
    return "an object";
  }
  /** Python's BUILD. */
  build(_state: PickleValue): void {
    throw new InputError("pickle: sets the state of an object that takes none");
  }
  /** Items of a list or a set, or keys and values in turn. */
  take(_items: readonly PickleValue[]): void {
    throw new InputError("pickle: puts items into an object that takes none");
  }
  call(_args: readonly PickleValue[]): PickleValue {
    throw new InputError("pickle: calls an object that is no function");
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

/**
 * A value as messages show it. Containers are not walked: a file of a few bytes can nest them without end, or share them so
 * that their text doubles with every level.
 */
export function shown(value: PickleValue | undefined): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value !== "object") return String(value);
  if (value === null) return "None";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof PickleTuple) return `a tuple of ${value.items.length}`;
  if (value instanceof PickleDict) return `a dict of ${value.entries.size}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return value instanceof PickleGlobal ? value.name : value.shown;
}

/** Latin-1 text of bytes, one code unit a byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
