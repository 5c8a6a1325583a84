// A file that is about to come.

export interface Opened {
  readonly body: AsyncIterable<Uint8Array>;
  /** The byte of the file that the body begins with: the one asked for, or 0 where the whole file comes. */
  readonly from: number;
  /** Bytes of the whole file as its server says: shown, and not trusted. */
  readonly total: number | undefined;
  /** A strong ETag or a Last-Modified date. */
  readonly validator: string | undefined;
  /** Content-Encoding where the server applied one, though asked not to. */
  readonly encoding: string | undefined;
  /** Whether the end of the body can be told from a connection that was cut. */
  readonly delimited: boolean;
  /** Lets go of it where the body is not read. */
  discard(): void;
}

/** What is wanted of it. */
export interface Wanted {
  readonly from: number;
  readonly validator: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Where a file comes from. */
export interface Source {
  /** For messages and notes. */
  readonly url: string;
  open(wanted: Wanted): Promise<Opened>;
}
