// TorchScript: the object that torch.jit.save pickles is a tree of modules, each an object of a class that the archive
// defines in code. Here a class is a name and an object its attributes; the code is never looked into.

import { InputError } from "./errors.js";
import { PickleDict, PickleGlobal, PickleObject, type PickleValue, pickleFunction } from "./pickle-values.js";
import type { FoundWeights } from "./state-dict.js";
import { TORCH_GLOBALS } from "./torch-pickle.js";
import { TorchTensor } from "./torch-tensor.js";

/** Modules inside modules. */
const DEPTH_LIMIT = 100;
/** Modules and tensors that are met, a shared one each time. */
const VISITS_LIMIT = 1 << 18;

class ScriptObject extends PickleObject {
  attributes = new PickleDict();

  override build(state: PickleValue): void {
    // A class may keep any other state; then it is no module, and has no weights.
    if (state instanceof PickleDict) this.attributes = state;
  }
}

class ScriptClass extends PickleGlobal {
  constructor(readonly name: string) {
    super();
  }

  override make(): PickleValue {
    return new ScriptObject();
  }
}

/** The classes of an archive, all of which lie in the module `__torch__`; undefined for anything else. */
export function scriptClass(module: string, name: string): PickleGlobal | undefined {
  return module === "__torch__" || module.startsWith("__torch__.") ? new ScriptClass(`${module}.${name}`) : undefined;
}

const first = (name: string) => pickleFunction(`torch.jit._pickle ${name}`, ([value]) => value ?? null);

/** TorchScript's own helpers tell the types of lists and dicts, which are plain ones here. */
export const SCRIPT_GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map([
  ...TORCH_GLOBALS,
  first("build_intlist"),
  first("build_doublelist"),
  first("build_boollist"),
  first("build_tensorlist"),
  first("restore_type_tag"),
]);

/**
 * All tensors that a module and those in it have as attributes, by dotted name: parameters, buffers, and other tensors, since
 * only the code could tell them apart.
 *
 * @throws InputError where the root is no module, modules lie deeper than 100 or in themselves, or there are no tensors
 */
export function scriptWeights(root: PickleValue, what: string): FoundWeights {
  if (!(root instanceof ScriptObject)) throw new InputError(`${what}: a TorchScript archive whose object is no module`);
  const tensors = new Map<string, TorchTensor>();
  let visits = 0;
  const walk = (object: ScriptObject, prefix: string, depth: number) => {
    if (depth > DEPTH_LIMIT) throw new InputError(`${what}: modules nested over ${DEPTH_LIMIT} deep; refused`);
    for (const [key, value] of object.attributes.entries) {
      if (typeof key !== "string") continue;
      if (value instanceof TorchTensor || value instanceof ScriptObject) visits++;
      if (visits > VISITS_LIMIT) throw new InputError(`${what}: over ${VISITS_LIMIT} modules and tensors; refused`);
      if (value instanceof TorchTensor) add(prefix + key, value);
      else if (value instanceof ScriptObject) walk(value, `${prefix}${key}.`, depth + 1);
    }
  };
  const add = (name: string, tensor: TorchTensor) => {
    if (tensors.has(name)) throw new InputError(`${what}: two tensors are called "${name}"`);
    tensors.set(name, tensor);
  };
  walk(root, "", 0);
  if (tensors.size === 0) throw new InputError(`${what}: a TorchScript archive without tensors`);
  return { tensors, wrapper: undefined, leftOut: [] };
}
