// The SwiftShader that comes inside the npm package @sparticuz/chromium: a Vulkan driver for the CPU and a Vulkan loader,
// unpacked once to the user's cache folder. Linux on x64 only, which is what the package holds.
import { createReadStream } from "node:fs";
import { access, mkdir, mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { createBrotliDecompress } from "node:zlib";
import { fileSha256, type Written, writeFile } from "@er/files";
import { extract } from "tar-stream";
import { cacheDirectory } from "../cache-directory.js";
import { InputError } from "../errors.js";

const DRIVER_FILE = "vk_swiftshader_icd.json";
const LOADER = "libvulkan.so.1";
const FILES = ["libvk_swiftshader.so", DRIVER_FILE, LOADER];
/** Size and SHA-256 of each, as it was unpacked: a library cut short would end the process without a word. */
const SUMS = "sums.json";

interface SwiftShader {
  /** Path of the Vulkan driver manifest. */
  driverFile: string;
  /** Path of a Vulkan loader, for systems without one. */
  loader: string;
}

/** Whether the bundled driver runs on this machine at all. */
export const swiftShaderFits = process.platform === "linux" && process.arch === "x64";

/**
 * The unpacked driver, unpacked first if this user has not done so yet, and again where it is not what was unpacked. Safe against
 * several processes at once.
 * @throws InputError when the cache folder cannot be written
 */
export async function swiftShader(): Promise<SwiftShader> {
  const packageRoot = resolve(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "../..");
  const { version } = JSON.parse(await readFile(join(packageRoot, "package.json"), "utf8")) as { version: string };
  const cache = cacheDirectory();
  const folder = join(cache, `swiftshader-${version}`);
  if (!(await complete(folder))) {
    try {
      await install(join(packageRoot, "bin", "swiftshader.tar.br"), cache, folder);
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      throw new InputError(
        `SwiftShader could not be unpacked to ${folder} (${cause}); expected a folder that can be written: set ER_CACHE or XDG_CACHE_HOME to one`,
      );
    }
  }
  return { driverFile: join(folder, DRIVER_FILE), loader: join(folder, LOADER) };
}

async function complete(folder: string): Promise<boolean> {
  try {
    const sums = JSON.parse(await readFile(join(folder, SUMS), "utf8")) as Partial<Record<string, Written>>;
    for (const name of FILES) {
      const file = join(folder, name);
      const expected = sums[name];
      if ((await stat(file)).size !== expected?.bytes || (await fileSha256(file)).sha256 !== expected.sha256)
        return false;
    }
    return true;
  } catch {
    // Whatever cannot be read is unpacked anew, and that says what is wrong with the folder.
    return false;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Unpacks beside the target and renames, so that no process ever sees half a driver. */
async function install(archive: string, cache: string, folder: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const temporary = await mkdtemp(join(cache, "unpacking-"));
  const sums: Record<string, Written> = {};
  try {
    const entries = createReadStream(archive).pipe(createBrotliDecompress()).pipe(extract());
    for await (const entry of entries) {
      const name = basename(entry.header.name);
      if (FILES.includes(name)) sums[name] = await writeFile(join(temporary, name), await buffer(entry));
      else entry.resume();
    }
    await writeFile(join(temporary, SUMS), JSON.stringify(sums));
    if (!(await complete(temporary))) throw new Error(`${archive} lacks one of ${FILES.join(", ")}`);
    await rename(temporary, folder).catch(async (error: unknown) => {
      // Another process was faster, or someone deleted files of an older unpacking.
      if (await complete(folder)) return;
      if (!(await exists(folder))) throw error;
      await rm(folder, { recursive: true });
      await rename(temporary, folder);
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
