// Files of every container, made by test/golden/formats_weights.py, and tensors of every type and of odd shapes.

import { readFileSync } from "node:fs";
import { memorySource } from "../src/byte-source.js";
import { type DType, fromBytes, itemBytes, type NdArray, toBytes } from "../src/ndarray.js";
import { openTensors } from "../src/open-tensors.js";
import { readAll } from "../src/tensor-file.js";
import { bytesOf } from "./golden.js";

interface WeightFile {
  readonly file: string;
  readonly tensors: Record<string, { readonly dtype: DType; readonly shape: number[]; readonly bytes: string }>;
  readonly wrapper?: string;
}

const { files }: { files: Record<string, WeightFile> } = JSON.parse(
  readFileSync(new URL("../../../test/golden/formats_weights.json", import.meta.url), "utf8"),
);

export const weightFiles = new Map(
  Object.entries(files).map(([name, { file, tensors, wrapper }]) => [
    name,
    {
      bytes: bytesOf(file),
      wrapper,
      tensors: new Map(
        Object.entries(tensors).map(([key, { dtype, shape, bytes }]) => [
          key,
          fromBytes(dtype, shape, bytesOf(bytes), key),
        ]),
      ),
    },
  ]),
);

/** Opens a file in memory and reads everything in it. */
export const readWeightFile = async (bytes: Uint8Array, what = "weights") =>
  readAll((await openTensors(memorySource(bytes), what)).tensors);

/** Arrays as what is equal bit for bit: a NaN is no other NaN, and -0 not 0. */
export const bits = (arrays: ReadonlyMap<string, NdArray>) =>
  Object.fromEntries(
    [...arrays].map(([name, array]) => [
      name,
      `${array.dtype} [${array.shape}] ${Buffer.from(toBytes(array)).toString("hex")}`,
    ]),
  );

const DTYPES: readonly DType[] = [
  ...(["bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"] as const),
  ...(["float16", "bfloat16", "float32", "float64"] as const),
];

const SHAPES = [[], [0], [1], [3, 0, 2], [1, 1, 1], [5], [2, 3, 4], [300]];

/** A tensor of every type in every shape: 0-d, empty, of one element, and of many, bits of every kind. */
export function oddTensors(): Map<string, NdArray> {
  const tensors = new Map<string, NdArray>();
  for (const dtype of DTYPES) {
    for (const shape of SHAPES) {
      const name = `layer.${dtype}_${shape.join("x")}`;
      const length = shape.reduce((product, extent) => product * extent, itemBytes(dtype));
      const bytes = Uint8Array.from({ length }, (_, i) => (dtype === "bool" ? i % 2 : (i * 37 + 11) % 256));
      tensors.set(name, fromBytes(dtype, shape, bytes, name));
    }
  }
  return tensors;
}
