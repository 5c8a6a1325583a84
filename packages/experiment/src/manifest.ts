// What a run was made with: the command, versions, adapter and driver, and checksums of everything it read.

import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { ImageSet } from "@er/data";
import { InputError, type Runtime } from "@er/engine";
import { openFile } from "@er/formats";
import { z } from "zod";
import type { RunContext } from "./context.js";
import { warn } from "./progress.js";
import type { RunRecord } from "./record.js";
import { versions } from "./versions.js";
import { weightsSource } from "./weights-source.js";

/** Bytes. */
const PIECE = 1 << 24;

export const MANIFEST_FILE = "manifest.json";

/** What others ask of a manifest; the rest is for people. */
const sum = z.looseObject({ sha256: z.string(), n: z.number().optional() });
const manifestSchema = z.looseObject({
  command: z.string(),
  adapter: z.looseObject({ driver: z.string() }),
  variants: z.record(z.string(), z.string()).optional(),
  data: z.looseObject({ train: sum, pretrain: sum.optional(), splits: z.record(z.string(), sum) }),
});

/** @param command the one that makes the run again */
export async function manifestOf({ runtime, config, sets }: RunContext, command: string): Promise<unknown> {
  return {
    command,
    versions: await versions(),
    adapter: adapterOf(runtime),
    ...(runtime.choices.size > 0 && { variants: Object.fromEntries(runtime.choices) }),
    ...(config.init !== undefined && {
      init: { file: config.init, sha256: await sha256((await weightsSource(config.init)).file) },
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
export async function readManifest(record: RunRecord): Promise<z.infer<typeof manifestSchema>> {
  const result = manifestSchema.safeParse(await record.readJson(MANIFEST_FILE));
  if (!result.success) {
    throw new InputError(`${record.path(MANIFEST_FILE)}: not a run's manifest; begin the run anew with --overwrite`);
  }
  return result.data;
}

/**
 * Takes the variants of ops that the run began with, and warns where it began on another adapter or driver, since it then does not end in the same bits.
 *
 * @throws InputError where data are not those that the run began with
 */
export async function checkResumed({ runtime, record, sets, watch }: RunContext): Promise<void> {
  const { adapter, data, variants = {} } = await readManifest(record);
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
  if (!isDeepStrictEqual(adapter, adapterOf(runtime))) {
    warn(
      watch,
      `the run began on ${adapter.driver}, and goes on on ${runtime.info.description}: its bits will differ from those of a run on either alone`,
    );
  }
}

function adapterOf({ info, device }: Runtime): unknown {
  const { vendor, architecture } = device.adapterInfo;
  return { id: info.id, kind: info.kind, vendor, architecture, driver: info.description };
}

const checksum = ({ spec, n, sha256 }: ImageSet) => ({ spec, n, sha256 });

/** Read piece by piece: a file may be larger than what Node reads at once. */
async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  const source = await openFile(file);
  try {
    for (let at = 0; at < source.size; at += PIECE) {
      hash.update(await source.read(at, Math.min(PIECE, source.size - at)));
    }
  } finally {
    await source.close();
  }
  return hash.digest("hex");
}
