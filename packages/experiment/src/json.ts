// JSON out of files.
import { InputError } from "@er/errors";

/** @throws InputError that says where, for text that is not JSON */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${where}: not JSON (${(cause as Error).message})`, { cause });
  }
}
