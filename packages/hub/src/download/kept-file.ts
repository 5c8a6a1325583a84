// A file that is in its place: whether it still is what was fetched.
import { readFile, stat } from "node:fs/promises";
import { writeFile } from "@er/files";
import { z } from "zod";
import { InputError } from "../errors.js";
import { Hasher } from "./hasher.js";
import { type Found, mismatch, type RemoteFile } from "./remote-file.js";

/** Beside a file, `FILE.json`: what was fetched, so that it can be checked again where no checksum is published. */
const receiptSchema = z.object({ url: z.string(), bytes: z.number(), sha256: z.string() });

const receiptOf = (path: string) => `${path}.json`;

/** @param url that the bytes came from */
export async function writeReceipt(path: string, url: string, { bytes, sha256 }: Found): Promise<void> {
  await writeFile(receiptOf(path), `${JSON.stringify({ url, bytes, sha256 }, null, 2)}\n`);
}

/**
 * What a file's bytes are, checked against what is published and what was noted when it was fetched; undefined where it is not there.
 *
 * @throws InputError where it has other bytes
 */
export async function keptFile(
  path: string,
  file: RemoteFile,
  signal: AbortSignal | undefined,
): Promise<Found | undefined> {
  if (!(await exists(path))) return undefined;
  const hasher = new Hasher(file.checksum);
  await hasher.updateFromFile(path, signal);
  const found = hasher.found();
  const noted = await readReceipt(path);
  const wrong =
    mismatch(found, file) ??
    (noted !== undefined && noted.sha256 !== found.sha256
      ? `expected sha256 ${noted.sha256} as when it was fetched, seen ${found.sha256}`
      : undefined);
  if (wrong !== undefined) {
    throw new InputError(`${path}: other bytes than it should have: ${wrong}; delete it and give the command again`);
  }
  return found;
}

export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** A receipt that is missing or damaged says nothing. */
async function readReceipt(path: string): Promise<z.infer<typeof receiptSchema> | undefined> {
  try {
    return receiptSchema.parse(JSON.parse(await readFile(receiptOf(path), "utf8")));
  } catch {
    return undefined;
  }
}
