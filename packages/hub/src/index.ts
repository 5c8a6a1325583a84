// The public surface of @er/hub.
export { type Downloaded, type DownloadOptions, download } from "./download/download.js";
export { exists } from "./download/kept-file.js";
export {
  type Checksum,
  describeCheck,
  entrySchema,
  fileName,
  megabytes,
  type WeightsEntry,
} from "./registry/entry.js";
export { findWeights, WEIGHTS } from "./registry/registry.js";
