// Whether a name is that of a directory.
import { stat } from "node:fs/promises";

/** False where there is nothing of that name; an error where it cannot be looked at. */
export async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return false;
    }
    throw error;
  }
}
