/** The lock of a directory, a file in it. */
export const LOCK_NAME = ".er-lock";
