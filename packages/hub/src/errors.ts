// What goes wrong with a download: the user's own doing, or the network's and the server's.

/** Something the caller gave is wrong: a name, a mirror, a folder that cannot be written. */
export { InputError } from "@er/errors";

export interface DownloadErrorOptions extends ErrorOptions {
  /** Whether the same request may go well a moment later. */
  readonly retry?: boolean;
  /** Whether it may go well from the beginning, without what came before. */
  readonly restart?: boolean;
  /** Milliseconds that the server asks to be left alone. */
  readonly after?: number | undefined;
}

/** The network or the server failed, or sent something else than what was asked for. */
export class DownloadError extends Error {
  override name = "DownloadError";
  readonly retry: boolean;
  readonly restart: boolean;
  readonly after: number | undefined;

  constructor(message: string, { retry = false, restart = false, after, ...options }: DownloadErrorOptions = {}) {
    super(message, options);
    this.retry = retry || restart;
    this.restart = restart;
    this.after = after;
  }
}
