// What this machine has for Vulkan: GPU device nodes, driver manifests and the loader library. Looks at files only; it
// opens no driver.
import { existsSync, readdirSync, statSync } from "node:fs";
import { constants, homedir } from "node:os";
import { delimiter, join } from "node:path";

/** glibc's RTLD_NODELETE, which Node does not name: the library stays although Node unloads what is not a module. */
const RTLD_NODELETE = 0x1000;

interface DriverFiles {
  /** Mesa's CPU driver. */
  lavapipe: string[];
  /** Every other driver. */
  gpu: string[];
}

/** Driver manifests: those the user names in `VK_DRIVER_FILES` (or its old name), else those of the standard folders. */
export function driverFiles(): DriverFiles {
  const named = process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES;
  const files = named ? named.split(delimiter).flatMap(manifests) : standardFolders().flatMap(manifests);
  const isLavapipe = (file: string) => /(^|\/)lvp_icd[^/]*\.json$/.test(file);
  return { lavapipe: files.filter(isLavapipe), gpu: files.filter((file) => !isLavapipe(file)) };
}

/** The device nodes through which a GPU would be reached, as they are here. */
export function gpuNodes(): string[] {
  const rendering = entries("/dev/dri").filter((name) => name.startsWith("renderD"));
  const nvidia = entries("/dev").filter((name) => /^nvidia\d+$/.test(name) || name === "dxg");
  return [...rendering.map((name) => `/dev/dri/${name}`), ...nvidia.map((name) => `/dev/${name}`)];
}

/** Loads a library for good, so that a later `dlopen` of the same name in Dawn finds it. False when there is none. */
export function loadLibrary(path: string): boolean {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  try {
    process.dlopen({ exports: {} }, path, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  } catch (error) {
    // Node refuses what is not one of its modules, but only after loading it.
    return error instanceof Error && error.message.includes("did not self-register");
  }
  return true;
}

function standardFolders(): string[] {
  const data = process.env.XDG_DATA_HOME || join(homedir(), ".local/share");
  const shared = (process.env.XDG_DATA_DIRS || "/usr/local/share:/usr/share").split(":");
  const roots = [data, "/etc", "/usr/local/etc", ...shared, "/usr/local/share", "/usr/share"];
  return [...new Set(roots)].map((root) => join(root, "vulkan/icd.d"));
}

function manifests(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return entries(path)
    .filter((name) => name.endsWith(".json"))
    .map((name) => join(path, name));
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}
