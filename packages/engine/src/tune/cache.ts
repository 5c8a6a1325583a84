// Where choices are kept between processes: one JSON file for each adapter with its driver, with matrix units
// and without, and each version of the kernels.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeDirectory, writeFile } from "@er/files";
import { cacheDirectory } from "../cache-directory.js";
import { InputError } from "../errors.js";
import { kernelNames, kernelSource } from "../kernels.js";
import type { Runtime } from "../run/runtime.js";
import type { Choices } from "./choices.js";

/** The file of choices for a runtime's adapter and driver, with or without its matrix units, and for these kernels. */
export function tuningFile(runtime: Runtime): string {
  const { description, id, matrixUnits } = runtime.info;
  const kernels = createHash("sha256");
  for (const name of kernelNames) {
    kernels.update(`${name}\n${kernelSource(name)}\n`);
  }
  const key = createHash("sha256")
    .update(`${description}\n${matrixUnits?.operands.join() ?? ""}\n${kernels.digest("hex")}`)
    .digest("hex");
  return join(cacheDirectory(), "tuning", `${id}-${key.slice(0, 16)}.json`);
}

/**
 * Puts the choices that were kept for this adapter into the runtime's `choices`.
 *
 * @returns how many there were; 0 where nothing was kept
 * @throws InputError where the file holds something else
 */
export async function readTuning(runtime: Runtime): Promise<number> {
  const file = tuningFile(runtime);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return 0;
    }
    throw error;
  }
  const kept = parsed(text);
  if (kept === undefined) {
    throw new InputError(`${file}: not a file of tuned choices; delete it`);
  }
  for (const [key, variant] of kept) {
    runtime.choices.set(key, variant);
  }
  return kept.size;
}

/** Keeps the runtime's choices for processes to come; the file appears whole or not at all. */
export async function writeTuning(runtime: Runtime): Promise<string> {
  const file = tuningFile(runtime);
  await makeDirectory(dirname(file));
  const text = JSON.stringify(
    { adapter: runtime.info.description, choices: Object.fromEntries(runtime.choices) },
    null,
    2,
  );
  await writeFile(file, `${text}\n`);
  return file;
}

function parsed(text: string): Choices | undefined {
  try {
    const { choices } = JSON.parse(text) as { choices: unknown };
    const entries = Object.entries(choices as object);
    return entries.every(([, variant]) => typeof variant === "string") ? new Map(entries) : undefined;
  } catch {
    return undefined;
  }
}
