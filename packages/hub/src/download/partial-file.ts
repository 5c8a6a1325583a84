// The part of a file that has come so far, `FILE.part`, with what tells whether the rest still belongs to it, `FILE.part.json`.
import { readFile, rm, stat } from "node:fs/promises";
import { writeFile } from "@er/files";
import { z } from "zod";

const stateSchema = z.object({
  url: z.string(),
  validator: z.string().optional(),
});

export interface Resumable {
  /** Bytes that are there. */
  readonly bytes: number;
  /** The strong ETag or the Last-Modified date of the file they are of, for If-Range. */
  readonly validator: string | undefined;
}

const NOTHING: Resumable = { bytes: 0, validator: undefined };

export class PartialFile {
  readonly path: string;
  readonly #state: string;

  constructor(target: string) {
    this.path = `${target}.part`;
    this.#state = `${target}.part.json`;
  }

  /**
   * What can be gone on with.
   *
   * @param url where the rest would come from
   * @param checked whether a checksum will tell in the end that the parts belong together; where not, only a validator can
   */
  async resumable(url: string, checked: boolean): Promise<Resumable> {
    const text = await readFile(this.#state, "utf8").catch(() => "");
    const state = stateSchema.safeParse(parsed(text));
    if (!state.success || state.data.url !== url || (state.data.validator === undefined && !checked)) {
      return NOTHING;
    }
    const bytes = await this.bytes();
    return bytes === 0 ? NOTHING : { bytes, validator: state.data.validator };
  }

  /** Bytes that are there; 0 where there is no file. */
  async bytes(): Promise<number> {
    return await stat(this.path).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** Notes what the bytes to come are of. Where the disk is full, the note before stays, and with it what it is of. */
  async note(url: string, validator: string | undefined): Promise<void> {
    await writeFile(this.#state, JSON.stringify({ url, validator }));
  }

  async discard(): Promise<void> {
    await rm(this.path, { force: true });
    await this.forget();
  }

  /** Once the file is in its place. */
  async forget(): Promise<void> {
    await rm(this.#state, { force: true });
  }
}

/** A note that was cut off says nothing, and the download begins anew. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
