// A rename is on the disk only when its directory is.
import { open } from "node:fs/promises";

/** What systems answer that have no such call for directories. */
const NO_SUCH_CALL = ["EINVAL", "EISDIR", "EPERM", "EBADF", "ENOTSUP", "EACCES"];

export async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch (error) {
    if (!NO_SUCH_CALL.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
