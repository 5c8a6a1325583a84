// Where a file comes from: its own address, or a mirror that has it under the same name.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";
import { fileName } from "../registry/entry.js";
import { fileSource } from "./file-source.js";
import type { Timeouts } from "./http-get.js";
import { httpSource } from "./http-source.js";
import type { Source } from "./opened.js";
import type { RemoteFile } from "./remote-file.js";

/**
 * @param from a folder, or an address of http:, https: or file: that the file's name is appended to
 * @throws InputError where `from` is an address of another kind
 */
export function sourceOf(file: RemoteFile, from: string | undefined, timeouts: Timeouts): Source {
  const name = fileName(file);
  // One letter before the colon is a drive.
  if (from !== undefined && !/^[a-z][a-z0-9+.-]+:/i.test(from)) {
    return fileSource(join(from, name));
  }
  const url = from === undefined ? new URL(file.url) : inFolder(from, name);
  switch (url.protocol) {
    case "file:":
      return fileSource(fileURLToPath(url));
    case "http:":
    case "https:":
      return httpSource(url, timeouts);
    default:
      throw new InputError(`--from ${from}: expected a folder, or an address of https:, http: or file:`);
  }
}

function inFolder(from: string, name: string): URL {
  if (!URL.canParse(from)) {
    throw new InputError(`--from ${from}: no address; expected one such as https://mirror.example/models`);
  }
  const url = new URL(from);
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${encodeURIComponent(name)}`;
  return url;
}
