// Every set of images that a run needs, loaded once.
import { type ImageSet, loadImageSet } from "@er/data";
import type { Config } from "./config.js";
import { say, type Watch, warn } from "./progress.js";

export interface Sets {
  readonly train: ImageSet;
  readonly pretrain: ImageSet | undefined;
  /** The ID split first, then the OOD splits, by name. */
  readonly evaluated: Readonly<Record<string, ImageSet>>;
}

/** @throws InputError for data that is missing, damaged or inconsistent; where it is stopped, the signal's reason */
export async function loadSets(config: Config, watch: Watch): Promise<Sets> {
  const load = (spec: string) => loadSet(spec, watch);
  const train = await load(config.data.train);
  const pretrain = config.pretrain === undefined ? undefined : await load(config.pretrain.data);
  const evaluated: Record<string, ImageSet> = { [config.data.id.name]: await load(config.data.id.spec) };
  for (const [name, spec] of Object.entries(config.data.ood)) {
    evaluated[name] = await load(spec);
  }
  return { train, pretrain, evaluated };
}

/** One set, with its progress. @throws InputError for data that are missing or damaged; where stopped, the signal's reason */
export async function loadSet(spec: string, watch: Watch): Promise<ImageSet> {
  const set = await loadImageSet(spec, {
    onProgress: (done, total) => watch.onProgress?.({ kind: "decode", spec, done, total }),
    ...(watch.signal !== undefined && { signal: watch.signal }),
  });
  // Not every loader looks at the signal, and after this nothing is left behind yet.
  watch.signal?.throwIfAborted();
  if (set.leftOut !== undefined) {
    warn(watch, `${spec}: ${set.leftOut}`);
  }
  say(watch, `${spec}: ${set.n} images of ${set.height}×${set.width}, ${set.classNames.length} classes`);
  return set;
}
