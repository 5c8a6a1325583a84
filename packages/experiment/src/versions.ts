// What code a run was made with.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);
const packageOf = (file: string, from = require) => from(file) as { readonly version: string };

/** The project's own. */
export const VERSION = packageOf("../package.json").version;

export interface Versions {
  readonly project: string;
  /** Of the git checkout, with "-dirty" where it was changed; null where there is none. */
  readonly commit: string | null;
  readonly node: string;
  /** Of the npm package that binds Dawn. */
  readonly webgpu: string;
}

export async function versions(): Promise<Versions> {
  const engine = createRequire(require.resolve("@er/engine"));
  return {
    project: VERSION,
    commit: await commit(),
    node: process.version,
    webgpu: packageOf("webgpu/package.json", engine).version,
  };
}

async function commit(): Promise<string | null> {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const git = async (...args: string[]) => (await promisify(execFile)("git", args, { cwd })).stdout.trim();
  try {
    // Installed below somebody else's checkout, the commit would be theirs: ours tracks this package.
    await git("ls-files", "--error-unmatch", "package.json");
    return await git("describe", "--always", "--dirty", "--abbrev=40", "--match=");
  } catch (error) {
    // A number is git's exit code, for no checkout; ENOENT is no git.
    const { code } = error as { code?: unknown };
    if (typeof code === "number" || code === "ENOENT") {
      return null;
    }
    throw error;
  }
}
