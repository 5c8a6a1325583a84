// A module's state in PyTorch's names and layouts, from and to the adapter.
import { InputError } from "../errors.js";
import { sameShape, sizeOf } from "../graph/tensor.js";
import type { ParameterArena } from "./parameter-arena.js";
import type { Runtime } from "./runtime.js";

export interface StateEntry {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type StateDict = Map<string, StateEntry>;

/** Parameters and running statistics by state_dict name, in PyTorch's layouts. */
export async function stateDict(runtime: Runtime, arena: ParameterArena): Promise<StateDict> {
  const values = await runtime.readState(arena.values);
  const entries = parametersFrom(values, arena);
  for (const [name, buffer] of arena.buffers) {
    entries.set(name, { shape: buffer.shape, data: await runtime.readState(buffer) });
  }
  return entries;
}

/** The optimiser's velocities by parameter name, in PyTorch's layouts. */
export async function velocityDict(runtime: Runtime, arena: ParameterArena): Promise<StateDict> {
  return parametersFrom(await runtime.readState(arena.velocity), arena);
}

/**
 * Replaces parameters and running statistics.
 *
 * @throws InputError as {@link checkStateDict}; nothing is written then
 */
export function loadStateDict(runtime: Runtime, arena: ParameterArena, entries: ReadonlyMap<string, StateEntry>): void {
  checkStateDict(arena, entries);
  writeParameters(runtime, arena, "values", entries);
  for (const [name, buffer] of arena.buffers) {
    runtime.writeState(buffer, entries.get(name)!.data);
  }
}

/**
 * Whether weights fit a module, told without an adapter.
 *
 * @param entries every name of the module; `num_batches_tracked` counters are passed over, since nothing here reads them
 * @throws InputError naming what is missing, unknown or of another shape
 */
export function checkStateDict(arena: ParameterArena, entries: ReadonlyMap<string, StateEntry>): void {
  const expected = new Map<string, readonly number[]>();
  for (const [name, { shape }] of [...arena.parameters, ...arena.buffers]) {
    expected.set(name, shape);
  }
  const given = new Map([...entries].filter(([name]) => !name.endsWith("num_batches_tracked")));
  const missing = [...expected.keys()].filter((name) => !given.has(name));
  const unknown = [...given.keys()].filter((name) => !expected.has(name));
  const misshapen = [...expected].filter(
    ([name, shape]) => given.has(name) && !sameShape(given.get(name)!.shape, shape),
  );
  const complaints = [
    few("missing", missing),
    few("unknown", unknown),
    few(
      "of another shape",
      misshapen.map(
        ([name, shape]) => `${name} [${given.get(name)!.shape.join(", ")}], expected [${shape.join(", ")}]`,
      ),
    ),
  ].filter((complaint) => complaint !== "");
  if (complaints.length > 0) {
    throw new InputError(`weights do not fit the model: ${complaints.join("; ")}`);
  }
}

/** Replaces the optimiser's velocities; every parameter must be there. */
export function loadVelocityDict(
  runtime: Runtime,
  arena: ParameterArena,
  entries: ReadonlyMap<string, StateEntry>,
): void {
  writeParameters(runtime, arena, "velocity", entries);
}

function writeParameters(
  runtime: Runtime,
  arena: ParameterArena,
  which: "values" | "velocity",
  entries: ReadonlyMap<string, StateEntry>,
): void {
  const flat = new Float32Array(arena.trainableElements);
  for (const [name, parameter] of arena.parameters) {
    const entry = entries.get(name);
    if (entry === undefined || entry.data.length !== sizeOf(parameter.shape)) {
      throw new InputError(`weights do not fit the model: ${name} is missing or has another size`);
    }
    flat.set(parameter.toStored(entry.data), parameter.placement!.offset);
  }
  runtime.writeState(arena[which], flat);
}

function parametersFrom(flat: Float32Array, arena: ParameterArena): StateDict {
  const entries: StateDict = new Map();
  for (const [name, parameter] of arena.parameters) {
    const { offset } = parameter.placement!;
    const stored = flat.subarray(offset, offset + sizeOf(parameter.shape));
    entries.set(name, { shape: parameter.shape, data: parameter.fromStored(stored).slice() });
  }
  return entries;
}

function few(what: string, names: readonly string[]): string {
  if (names.length === 0) {
    return "";
  }
  const shown = names.slice(0, 3).join(", ");
  return `${names.length} ${what} (${shown}${names.length > 3 ? ", …" : ""})`;
}
