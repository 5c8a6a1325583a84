// The public surface of @er/hub.
export { type Downloaded, type DownloadOptions, download } from "./download/download.js";
export { exists } from "./download/kept-file.js";
export type { RemoteFile } from "./download/remote-file.js";
export { DownloadError, InputError } from "./errors.js";
export {
  type Checksum,
  describeCheck,
  type Entry,
  entrySchema,
  fileName,
  megabytes,
  type WeightsEntry,
} from "./registry/entry.js";
export { findWeights, WEIGHTS } from "./registry/registry.js";
