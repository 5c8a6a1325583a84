// A file from a folder of this machine, or one that is mounted.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { InputError } from "../errors.js";
import type { Source } from "./opened.js";

/** @param path of the file */
export function fileSource(path: string): Source {
  return {
    url: pathToFileURL(path).href,
    open: async ({ signal }) => {
      const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
        throw new InputError(
          `${path}: ${cause.code === "ENOENT" ? "not there" : `cannot be read (${cause.code})`}; expected the file under the name that it is published by`,
          { cause },
        );
      });
      if (!info.isFile()) {
        throw new InputError(`${path}: no file; expected the file under the name that it is published by`);
      }
      const body = createReadStream(path, { highWaterMark: 2 ** 20, ...(signal !== undefined && { signal }) });
      return {
        body,
        from: 0,
        total: info.size,
        validator: undefined,
        encoding: undefined,
        delimited: true,
        discard: () => body.destroy(),
      };
    },
  };
}
