// Spec strings: where a set of images is, in one line. The scheme names the loader.
import { InputError } from "@er/formats";
import { loadNpy, loadNpz } from "./arrays.js";
import { loadCifar10 } from "./cifar10.js";
import { type PathSpec, pathPair, pathSpec, schemeOf } from "./data-spec.js";
import { cached } from "./decoded-cache.js";
import { loadImageFolder } from "./image-folder.js";
import type { ImageSet } from "./image-set.js";
import { nameClasses } from "./name-classes.js";
import { loadProcedural } from "./procedural/load.js";

export interface LoadOptions {
  /** Keep decoded archives in the user's cache folder; default true. */
  readonly cache?: boolean;
  /** Told images decoded so far and in all, every thousand images and at the end. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops decoding; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

const NAMES = ["cifar10", "imagefolder", "npz", "npy", "procedural"] as const;

const SCHEMES =
  "cifar10:DIR#train|test, imagefolder:PATH#sub/folder, npz:FILE, npy:IMAGES,LABELS, procedural:DOMAIN#split";

/**
 * Loads a set of images.
 *
 * @param spec `cifar10:DIR#train|test`, `imagefolder:PATH[?classes=X][#sub/folder]` (folder, .tar or .tar.gz),
 * `npz:FILE[?classes=X]`, `npy:IMAGES,LABELS[?classes=X]`, `procedural:broad|narrow|shifted[?n=&size=&seed=][#train|test]`; X is
 * what `classList` takes, or `index`
 * @returns the set, whose `leftOut` says what of its source is not in it
 * @throws InputError for an unknown scheme and for data that is missing, damaged, inconsistent or too large for memory
 */
export async function loadImageSet(spec: string, options: LoadOptions = {}): Promise<ImageSet> {
  const { scheme, rest } = knownScheme(spec);
  switch (scheme) {
    case "cifar10": {
      const { path, part, classes } = await pathSpec(spec, rest);
      if (classes !== undefined)
        throw new InputError(`${spec}: CIFAR-10's classes have their names; leave out ?classes=`);
      return await loadCifar10(spec, path, part === "" ? "train" : part);
    }
    case "imagefolder": {
      const { path, part, classes } = await pathSpec(spec, rest);
      const load = () => loadImageFolder(spec, path, part, options);
      return await named(options.cache === false ? await load() : await cached(spec, path, part, load), classes);
    }
    case "npz": {
      const { path, classes } = withoutPart(spec, await pathSpec(spec, rest));
      return await named(await loadNpz(spec, path), classes);
    }
    case "npy": {
      const isPair = async (text: string) => (await pathPair(spec, text))?.there === true;
      const { path, classes } = withoutPart(spec, await pathSpec(spec, rest, isPair));
      const pair = await pathPair(spec, path);
      if (pair === undefined) throw new InputError(`${spec}: expected npy:IMAGES,LABELS, two files`);
      return await named(await loadNpy(spec, pair.first, pair.second), classes);
    }
    case "procedural": {
      const [domain, part] = rest.split(/#(.*)/s) as [string, string?];
      return loadProcedural(spec, domain, part || "train");
    }
    default:
      return scheme satisfies never;
  }
}

/**
 * The scheme of a spec, told before anything is looked for.
 *
 * @throws InputError where it has none, or one that there is not
 */
export function knownScheme(spec: string): { readonly scheme: (typeof NAMES)[number]; readonly rest: string } {
  const parts = schemeOf(spec);
  if (parts === undefined) {
    throw new InputError(`data "${spec}": not a spec; expected one of ${SCHEMES}`);
  }
  const scheme = NAMES.find((name) => name === parts.scheme);
  if (scheme === undefined) {
    throw new InputError(`data "${spec}": unknown scheme "${parts.scheme}"; expected one of ${SCHEMES}`);
  }
  return { scheme, rest: parts.rest };
}

async function named(set: ImageSet, classes: string | undefined): Promise<ImageSet> {
  return classes === undefined ? set : await nameClasses(set, classes);
}

function withoutPart(spec: string, parsed: PathSpec): PathSpec {
  if (parsed.part !== "")
    throw new InputError(`${spec}: nothing is asked for after "#" here; leave out "#${parsed.part}"`);
  return parsed;
}
