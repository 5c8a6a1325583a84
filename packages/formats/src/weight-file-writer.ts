// Files of weights as they are written, by the end of their name.

import { commentOf } from "./archive-metadata.js";
import { InputError } from "./errors.js";
import { npzWriter } from "./npz.js";
import { safetensorsWriter } from "./safetensors.js";
import type { WeightFileWriter } from "./tensor-file.js";
import { torchWriter } from "./torch-writer.js";

const WRITERS: ReadonlyMap<string, WeightFileWriter> = new Map([
  [".safetensors", safetensorsWriter],
  [".pth", torchWriter],
  [".pt", torchWriter],
  [".npz", npzWriter],
]);

/**
 * What writes a file of this name.
 *
 * @throws InputError for an ending that stands for no container
 */
export function writerFor(file: string): WeightFileWriter {
  const found = [...WRITERS].find(([ending]) => file.endsWith(ending));
  if (found === undefined) {
    throw new InputError(
      `${file}: a name that says no format; expected one that ends in ${[...WRITERS.keys()].join(", ")}`,
    );
  }
  return found[1];
}

/** Whether a file of this name can keep metadata: .npz takes as much as a zip comment does. */
export function keepsMetadata(file: string, metadata: Readonly<Record<string, string>>): boolean {
  return !file.endsWith(".npz") || commentOf(metadata) !== undefined;
}
