// What a run was made with: the command, versions, adapter and driver, and checksums of everything it read.

import { isDeepStrictEqual } from "node:util";
import type { ImageSet } from "@er/data";
import { InputError, type Runtime } from "@er/engine";
import { fileSha256 } from "@er/files";
import { z } from "zod";
import { PHASES } from "./checkpoint.js";
import type { RunContext } from "./context.js";
import { type Watch, warn } from "./progress.js";
import type { RunRecord } from "./record.js";
import { versions } from "./versions.js";
import { weightsSource } from "./weights-source.js";

export const MANIFEST_FILE = "manifest.json";

/** What others ask of a manifest; the rest is for people. */
const sum = z.looseObject({ sha256: z.string(), n: z.number().optional() });
const adapterSchema = z.looseObject({ driver: z.string() });
const manifestSchema = z.looseObject({
  command: z.string(),
  adapter: adapterSchema,
  variants: z.record(z.string(), z.string()).optional(),
  data: z.looseObject({ train: sum, pretrain: sum.optional(), splits: z.record(z.string(), sum) }),
  /** Each time that a finished run was made longer. */
  extensions: z.array(z.object({ step: z.number(), settings: z.string(), command: z.string() })).optional(),
  /** Each time that it went on on another adapter, and from where: the bits after it are of neither alone. */
  otherAdapters: z.array(z.object({ phase: z.enum(PHASES), step: z.number(), adapter: adapterSchema })).optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** A finished run made longer: from which step, the SHA-256 of config.json until then, and the command. */
export type Extension = NonNullable<Manifest["extensions"]>[number];

/** @param command the one that makes the run again */
export async function manifestOf(
  { runtime, config, sets }: Pick<RunContext, "runtime" | "config" | "sets">,
  command: string,
): Promise<unknown> {
  return {
    command,
    versions: await versions(),
    adapter: adapterOf(runtime),
    ...(runtime.choices.size > 0 && { variants: Object.fromEntries(runtime.choices) }),
    ...(config.init !== undefined && {
      init: { file: config.init, sha256: (await fileSha256((await weightsSource(config.init)).file)).sha256 },
    }),
    ...(config.interpolation !== undefined && { interpolation: config.interpolation }),
    data: {
      train: checksum(sets.train),
      ...(sets.pretrain && { pretrain: checksum(sets.pretrain) }),
      splits: Object.fromEntries(Object.entries(sets.evaluated).map(([name, set]) => [name, checksum(set)])),
    },
  };
}

/** @throws InputError where the record has none, or it is damaged */
export async function readManifest(record: RunRecord): Promise<Manifest> {
  const result = manifestSchema.safeParse(await record.readJson(MANIFEST_FILE));
  if (!result.success) {
    throw new InputError(`${record.path(MANIFEST_FILE)}: not a run's manifest; begin the run anew with --overwrite`);
  }
  return result.data;
}

/**
 * Takes the variants of ops that the run began with.
 *
 * @param otherAdapter go on though the run began on another adapter or driver, and so does not end in the same bits
 * @throws InputError where data are not those that the run began with, and where the adapter is another and nobody said to go on
 */
export async function checkResumed(
  { runtime, record, sets, watch }: Pick<RunContext, "runtime" | "record" | "sets" | "watch">,
  otherAdapter: boolean,
): Promise<void> {
  const manifest = await readManifest(record);
  const { data, variants = {} } = manifest;
  runtime.choices.clear();
  for (const [work, variant] of Object.entries(variants)) {
    runtime.choices.set(work, variant);
  }
  const pairs: [ImageSet | undefined, string | undefined][] = [
    [sets.train, data.train.sha256],
    [sets.pretrain, data.pretrain?.sha256],
    ...Object.entries(sets.evaluated).map(([name, set]): [ImageSet, string | undefined] => [
      set,
      data.splits[name]?.sha256,
    ]),
  ];
  const changed = pairs.find(([set, began]) => set?.sha256 !== began)?.[0];
  if (changed !== undefined) {
    throw new InputError(
      `${changed.spec}: other images or labels than the run began with, by the SHA-256 in ${record.path(MANIFEST_FILE)}; restore them, or begin anew with --overwrite`,
    );
  }
  checkAdapter(adapterToAskAbout(runtime, manifest), { runtime, watch, otherAdapter });
}

/**
 * The driver that a run stood on last, where it is to be asked whether it goes on on this adapter.
 *
 * @returns undefined where it has run on this adapter before
 */
function adapterToAskAbout(runtime: Runtime, { adapter, otherAdapters = [] }: Manifest): string | undefined {
  const used = [adapter, ...otherAdapters.map((other) => other.adapter)];
  return used.some((each) => isDeepStrictEqual(each, adapterOf(runtime))) ? undefined : used.at(-1)!.driver;
}

/** An adapter as manifests name it. */
export function adapterOf({ info, device }: Runtime): z.infer<typeof adapterSchema> {
  const { vendor, architecture } = device.adapterInfo;
  return { id: info.id, kind: info.kind, vendor, architecture, driver: info.description };
}

/**
 * Goes on with another adapter only where that was asked for.
 *
 * @param before the other's driver; undefined where it is the same, or nothing was done yet
 * @throws InputError where there is another, unless `otherAdapter`
 */
export function checkAdapter(
  before: string | undefined,
  {
    runtime,
    watch,
    otherAdapter,
  }: { readonly runtime: Runtime; readonly watch: Watch; readonly otherAdapter: boolean },
): void {
  if (before === undefined) return;
  const differs = `began on ${before}, and would go on on ${runtime.info.description}: its bits will differ from those on either alone`;
  if (!otherAdapter) {
    throw new InputError(`${differs}; choose the first with --adapter, or say --other-adapter to go on all the same`);
  }
  warn(watch, differs);
}

const checksum = ({ spec, n, sha256 }: ImageSet) => ({ spec, n, sha256 });
