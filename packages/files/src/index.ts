// The public surface of @er/files: every file that is written, and who may write where.
export { type AppendOptions, appendFile } from "./append-file.js";
export { FileError, fileFailure } from "./file-failure.js";
export { isLock, type Lock, type LockOptions, lockDirectory, lockFile } from "./lock.js";
export { makeDirectory } from "./make-directory.js";
export { readRegular } from "./open-regular.js";
export { fileSha256, sha256 } from "./sha256.js";
export { clearTemporaries, clearTemporariesOf, isTemporary } from "./temporary.js";
export { type Contents, type WriteOptions, type Written, writeFile } from "./write-file.js";
