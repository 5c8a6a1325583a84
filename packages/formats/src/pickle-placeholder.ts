// What a pickle names and no reader of weights needs: classes and functions of other code (a training script's Namespace, dates,
// paths, sets, states of random numbers). Each is a name here, and what is made of it keeps what it was given; nothing is imported
// and nothing is run.

import { PickleDict, PickleGlobal, PickleObject, PickleTuple, type PickleValue } from "./pickle-values.js";

/** In the place of an instance, or of what a function would have returned. */
export class Placeholder extends PickleObject {
  readonly #given: (readonly PickleValue[])[];

  /** @param name the global's, with dots */
  constructor(
    readonly name: string,
    args: readonly PickleValue[],
  ) {
    super();
    this.#given = [args];
  }

  override get shown(): string {
    return `an object of ${this.name}`;
  }

  /** All that it was called with, built from or filled with. */
  get given(): readonly (readonly PickleValue[])[] {
    return this.#given;
  }

  override build(state: PickleValue): void {
    this.#given.push([state]);
  }

  override take(items: readonly PickleValue[]): void {
    this.#given.push(items);
  }

  override call(args: readonly PickleValue[]): PickleValue {
    return new Placeholder(this.name, [this, ...args]);
  }
}

class PlaceholderGlobal extends PickleGlobal {
  constructor(readonly name: string) {
    super();
  }
  override call(args: readonly PickleValue[]): PickleValue {
    return new Placeholder(this.name, args);
  }
  override make(args: readonly PickleValue[]): PickleValue {
    return new Placeholder(this.name, args);
  }
}

/** Modules that run commands, code or files: who names them in a file of weights wants just that. */
const RUNS = new Set([
  ...[
    "os",
    "posix",
    "nt",
    "sys",
    "subprocess",
    "pty",
    "shutil",
    "socket",
    "ctypes",
    "runpy",
    "importlib",
    "imp",
    "code",
  ],
  ...["timeit", "profile", "cProfile", "pdb", "bdb", "pickle", "_pickle", "marshal", "commands", "webbrowser", "pip"],
]);

/** Python's own names, under either of its versions, that are data. */
const BUILTINS = new Set(["builtins", "__builtin__"]);
const BUILTIN_DATA = new Set([
  ...[
    "set",
    "frozenset",
    "complex",
    "bytearray",
    "bytes",
    "str",
    "unicode",
    "int",
    "long",
    "float",
    "bool",
    "list",
    "tuple",
  ],
  ...["dict", "object", "slice", "range", "xrange", "type", "NoneType", "Ellipsis", "NotImplemented", "getattr"],
]);

/** The globals of one file that have no meaning here. */
export class Placeholders {
  readonly #names = new Set<string>();

  /** Those that were asked for, in the file's order. */
  get names(): readonly string[] {
    return [...this.#names];
  }

  /** @returns undefined for what is there to run something (`os.system`, `builtins.eval`): such a file is refused by its name */
  readonly of = (module: string, name: string): PickleGlobal | undefined => {
    if (BUILTINS.has(module) ? !BUILTIN_DATA.has(name) : RUNS.has(module)) return undefined;
    this.#names.add(`${module}.${name}`);
    return new PlaceholderGlobal(`${module}.${name}`);
  };
}

/**
 * A value of a kind inside another, at any depth.
 *
 * @param seen values that were looked into and hold none, to which it adds: so many searches together look at each value once
 */
export function within(
  start: PickleValue,
  wanted: (value: PickleValue) => boolean,
  seen: Set<PickleValue>,
): PickleValue | undefined {
  const open: PickleValue[] = [start];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    if (wanted(value)) return value;
    seen.add(value);
    for (const inner of insideOf(value)) open.push(inner);
  }
  return undefined;
}

function* insideOf(value: PickleValue): Generator<PickleValue> {
  if (Array.isArray(value)) yield* value;
  else if (value instanceof PickleTuple) yield* value.items;
  else if (value instanceof PickleDict) for (const entry of value.entries) yield* entry;
  else if (value instanceof Placeholder) for (const items of value.given) yield* items;
}
