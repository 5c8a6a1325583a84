// Where what can be made again is kept between processes.
import { homedir } from "node:os";
import { join } from "node:path";

/** `ER_CACHE`, else `er` in the XDG cache directory (`XDG_CACHE_HOME`, by default `~/.cache`). It need not exist. */
export function cacheDirectory(): string {
  const { ER_CACHE, XDG_CACHE_HOME } = process.env;
  return ER_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "er");
}
