// Decoded archives, kept in the user's cache folder: decoding 60,000 JPEGs takes longer than many a run's first epoch.
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { statInput } from "./files.js";
import { type ImageSet, imageSet } from "./image-set.js";

const headerSchema = z.object({
  height: z.number(),
  width: z.number(),
  n: z.number(),
  classNames: z.array(z.string()),
  sha256: z.string(),
});

/** The set from the cache where the file is unchanged, else from `load` and into the cache. Folders are not cached. */
export async function cached(
  spec: string,
  path: string,
  part: string,
  load: () => Promise<ImageSet>,
): Promise<ImageSet> {
  const { size, mtimeMs, isDirectory } = await describe(path);
  if (isDirectory) {
    return await load();
  }
  const key = createHash("sha256")
    .update(JSON.stringify([resolve(path), size, mtimeMs, part]))
    .digest("hex")
    .slice(0, 24);
  const directory = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "er", "decoded");
  const file = join(directory, `${key}.bin`);
  const kept = await read(spec, file);
  if (kept !== undefined) {
    return kept;
  }
  const set = await load();
  const { height, width, n, classNames, sha256 } = set;
  const header = Buffer.from(`${JSON.stringify({ height, width, n, classNames, sha256 })}\n`);
  await mkdir(directory, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, Buffer.concat([header, Buffer.from(set.labels.buffer), set.images]));
  await rename(temporary, file);
  return set;
}

async function describe(path: string) {
  const info = await statInput(path);
  return { size: info.size, mtimeMs: info.mtimeMs, isDirectory: info.isDirectory() };
}

/** The cached set; undefined where there is none or its checksum does not hold. */
async function read(spec: string, file: string): Promise<ImageSet | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
  const end = bytes.indexOf(10);
  const header = headerSchema.safeParse(JSON.parse(bytes.toString("utf8", 0, end)));
  if (!header.success) {
    return undefined;
  }
  const { height, width, n, classNames, sha256 } = header.data;
  const labels = new Int32Array(new Uint8Array(bytes.subarray(end + 1, end + 1 + 4 * n)).buffer);
  const images = new Uint8Array(bytes.subarray(end + 1 + 4 * n));
  const set = imageSet({ spec, height, width, images, labels, classNames });
  return set.sha256 === sha256 ? set : undefined;
}
