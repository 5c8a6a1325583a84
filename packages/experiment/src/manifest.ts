// What a run was made with: the command, versions, adapter and driver, and checksums of everything it read.
import { createHash } from "node:crypto";
import type { ImageSet } from "@er/data";
import { InputError, type Runtime } from "@er/engine";
import { z } from "zod";
import type { RunContext } from "./context.js";
import type { RunRecord } from "./record.js";
import { versions } from "./versions.js";
import { readInput } from "./weights.js";

export const MANIFEST_FILE = "manifest.json";

/** What others ask of a manifest; the rest is for people. */
const manifestSchema = z.looseObject({ command: z.string() });

/** @param command the one that makes the run again */
export async function manifestOf({ runtime, config, sets }: RunContext, command: string): Promise<unknown> {
  return {
    command,
    versions: await versions(),
    adapter: adapterOf(runtime),
    ...(config.init !== undefined && { init: { file: config.init, sha256: await sha256(config.init) } }),
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

function adapterOf({ info, device }: Runtime): unknown {
  const { vendor, architecture } = device.adapterInfo;
  return { id: info.id, kind: info.kind, vendor, architecture, driver: info.description };
}

const checksum = ({ spec, n, sha256 }: ImageSet) => ({ spec, n, sha256 });

async function sha256(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readInput(file))
    .digest("hex");
}
