// Spec strings: where a set of images is, in one line. The scheme names the loader.
import { InputError } from "@er/formats";
import { loadNpy, loadNpz } from "./arrays.js";
import { loadCifar10 } from "./cifar10.js";
import { cached } from "./decoded-cache.js";
import { loadImageFolder } from "./image-folder.js";
import type { ImageSet } from "./image-set.js";
import { loadProcedural } from "./procedural/load.js";

export interface LoadOptions {
  /** Keep decoded image folders in the user's cache folder; default true. */
  readonly cache?: boolean;
  /** Told images decoded so far and in all, every thousand images and at the end. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops decoding; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

const SCHEMES =
  "cifar10:DIR#train|test, imagefolder:PATH#sub/folder, npz:FILE, npy:IMAGES,LABELS, procedural:DOMAIN#split";

/**
 * Loads a set of images.
 *
 * @param spec `cifar10:DIR#train|test`, `imagefolder:PATH[#sub/folder]` (folder, .tar or .tar.gz), `npz:FILE`,
 * `npy:IMAGES,LABELS`, `procedural:broad|narrow|shifted[?n=&size=&seed=][#train|test]`
 * @throws InputError for an unknown scheme and for data that is missing, damaged or inconsistent
 */
export async function loadImageSet(spec: string, options: LoadOptions = {}): Promise<ImageSet> {
  const match = /^([a-z0-9]+):([^#]*)(?:#(.*))?$/.exec(spec);
  const [, scheme, rest, part = ""] = match ?? [];
  if (scheme === undefined || !rest) {
    throw new InputError(`data "${spec}": not a spec; expected one of ${SCHEMES}`);
  }
  switch (scheme) {
    case "cifar10":
      return await loadCifar10(spec, rest, part === "" ? "train" : part);
    case "imagefolder": {
      const load = () => loadImageFolder(spec, rest, part, options);
      return options.cache === false ? await load() : await cached(spec, rest, part, load);
    }
    case "npz":
      return await loadNpz(spec, rest);
    case "npy":
      return await loadNpy(spec, rest);
    case "procedural":
      return loadProcedural(spec, rest, part === "" ? "train" : part);
    default:
      throw new InputError(`data "${spec}": unknown scheme "${scheme}"; expected one of ${SCHEMES}`);
  }
}
