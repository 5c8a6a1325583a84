// Where the real data lies that some tests use, if it is there.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const sharedData =
  process.env.ER_SHARED_DATA ?? fileURLToPath(new URL("../../../../shared/data", import.meta.url));

/** For `describe.skipIf`: says once what is missing. */
export function missing(file: string): boolean {
  const absent = !existsSync(`${sharedData}/${file}`);
  if (absent) console.warn(`skipped: no ${file} in the shared data; set ER_SHARED_DATA to its folder`);
  return absent;
}
