// Classes by example from a file, whoever wrote it: predictions or labels, as .npy, as a JSON list, or as "labels" in an .npz.
import { readInput } from "@er/data";
import { InputError } from "@er/engine";
import { type NdArray, readClassList, readNpy, readNpzKey } from "@er/formats";
import type { RunRecord } from "./record.js";
import { LARGEST_CLASS } from "./uint16-classes.js";

/**
 * Reads a class an example.
 *
 * @param file a .json is a list of class numbers, an .npz has them under "labels"; all else is .npy of integers [n]
 * @returns classes in the file's order
 * @throws InputError where it cannot be read, is no such list, or holds a number that is no class, with its place
 */
export async function readClassFile(file: string): Promise<Uint16Array> {
  return await classesIn(await readInput(file), file);
}

/**
 * As {@link readClassFile}, of a file of a record, which is held to what was written.
 *
 * @param file below the record's directory
 * @throws InputError as there, and where it is missing or damaged
 */
export async function readRecordedClasses(record: RunRecord, file: string): Promise<Uint16Array> {
  const bytes = await record.read(file);
  if (bytes === undefined) {
    throw new InputError(`${record.path(file)}: cannot be read (ENOENT); check the path`);
  }
  return await classesIn(bytes, record.path(file));
}

async function classesIn(bytes: Uint8Array, file: string): Promise<Uint16Array> {
  if (/\.json$/i.test(file)) {
    return readClassList(bytes, file);
  }
  if (!/\.npz$/i.test(file)) {
    return classesOf(readNpy(bytes, file), file);
  }
  const { array, keys } = await readNpzKey(bytes, "labels", file);
  if (array === undefined) {
    throw new InputError(`${file}: keys ${keys.join(", ") || "none"}; expected "labels" among them`);
  }
  return classesOf(array, file);
}

/**
 * An array's classes.
 *
 * @param what how messages name the array
 * @throws InputError where it is not of integers [n], or holds a number that is no class, with its place
 */
function classesOf({ dtype, shape, data }: NdArray, what: string): Uint16Array {
  if (shape.length !== 1 || !/^u?int/.test(dtype)) {
    throw new InputError(`${what}: ${dtype} [${shape.join(", ")}]; expected a class an example, integers [n]`);
  }
  const classes = new Uint16Array(data.length);
  for (let i = 0; i < classes.length; i++) {
    const value = Number(data[i]!);
    if (value < 0 || value > LARGEST_CLASS) {
      throw new InputError(`${what}: ${value} for example ${i}; expected a class from 0 to ${LARGEST_CLASS}`);
    }
    classes[i] = value;
  }
  return classes;
}
