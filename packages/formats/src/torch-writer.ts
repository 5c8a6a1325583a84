// A state dict as torch.save writes it since 1.6, for `torch.load(weights_only=True)`: a zip archive of a pickle that
// describes the tensors, and an entry for each tensor's elements, on multiples of 64 bytes.

import { EXTRA_METADATA, metadataJson } from "./archive-metadata.js";
import { type DType, itemBytes, toBytes } from "./ndarray.js";
import { PickleWriter } from "./pickle-writer.js";
import { type Described, type StoredTensor, tensorBytes, type WeightFileWriter } from "./tensor-file.js";
import { DTYPES, STORAGES } from "./torch-pickle.js";
import { ZipWriter } from "./zip-writer.js";

/** torch.serialization's own alignment of storages. */
const ALIGNMENT = 64;
const FOLDER = "archive/";

/** Writes a torch file piece by piece; names keep their order, and the same tensors give the same bytes. */
export const torchWriter: WeightFileWriter = async function* (tensors, metadata) {
  const text = (content: string) => [new TextEncoder().encode(content)];
  const zip = new ZipWriter(ALIGNMENT);
  yield* zip.add(`${FOLDER}data.pkl`, [describe(tensors)]);
  yield* zip.add(`${FOLDER}byteorder`, text("little"));
  let key = 0;
  for (const tensor of tensors.values()) {
    yield* zip.add(`${FOLDER}data/${key++}`, [toBytes(await tensor.read())]);
  }
  yield* zip.add(`${FOLDER}version`, text("3\n"));
  const json = metadataJson(metadata);
  if (json !== undefined) yield* zip.add(FOLDER + EXTRA_METADATA, text(json));
  yield zip.end();
};

/** An OrderedDict of the tensors, each over a storage of its own, keyed by its place in the dict. */
function describe(tensors: ReadonlyMap<string, StoredTensor>): Uint8Array {
  const pickle = new PickleWriter().global("collections", "OrderedDict").op(")R(");
  let key = 0;
  for (const [name, tensor] of tensors) {
    pickle.text(name);
    describeTensor(pickle, tensor, String(key++), name);
  }
  return pickle.op("u").end();
}

function describeTensor(pickle: PickleWriter, tensor: Described, key: string, name: string): void {
  const { dtype, shape } = tensor;
  const typed = Object.keys(STORAGES).find((type) => STORAGES[type] === dtype);
  const bytes = tensorBytes(tensor, name);
  pickle
    .global("torch._utils", typed === undefined ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2")
    .op("((")
    .text("storage");
  if (typed === undefined) pickle.global("torch.storage", "UntypedStorage");
  else pickle.global("torch", `${typed}Storage`);
  pickle
    .text(key)
    .text("cpu")
    .int(typed === undefined ? bytes : bytes / itemBytes(dtype))
    .op("tQ");
  // Offset, extents, strides, requires_grad = False, no backward hooks.
  pickle.int(0).ints(shape).ints(contiguousStrides(shape)).op("\x89").global("collections", "OrderedDict").op(")R");
  if (typed === undefined) pickle.global("torch", dtypeName(dtype));
  pickle.op("tR");
}

function dtypeName(dtype: DType): string {
  return Object.keys(DTYPES).find((name) => DTYPES[name] === dtype)!;
}

/** As torch counts them: an axis without extent does not make those before it 0. */
function contiguousStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const extent of [...shape].reverse()) {
    strides.unshift(stride);
    stride *= Math.max(1, extent);
  }
  return strides;
}
