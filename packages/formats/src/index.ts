export { type CifarBatch, readCifarBinary, readCifarPython } from "./cifar.js";
export { InputError } from "./errors.js";
export { type DType, type DTypeArrays, itemBytes, type NdArray, type TypedArray, toFloat32 } from "./ndarray.js";
export { readNpy, writeNpy } from "./npy.js";
export { readNpz } from "./npz.js";
export { readSafetensors, type Safetensors, writeSafetensors } from "./safetensors.js";
export { readTar, type TarFile } from "./tar.js";
export { type ScalarEvent, tfEvent, tfEventsHeader } from "./tfevents.js";
export { readTorch } from "./torch.js";
