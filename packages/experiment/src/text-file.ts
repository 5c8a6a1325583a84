// Text files as people's programs write them: UTF-8, or UTF-16 with its mark, as spreadsheets do.
import { readInput } from "@er/data";
import { InputError } from "@er/errors";

/**
 * A file's text.
 *
 * @throws InputError where it cannot be read, or is no text
 */
export async function readTextFile(file: string): Promise<string> {
  const bytes = await readInput(file);
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(`${file}: not ${encoding.toUpperCase()}; save it as UTF-8 text`, { cause });
  }
  if (text.includes("\0")) {
    throw new InputError(`${file}: no text (it holds zero bytes); save it as UTF-8 text`);
  }
  return text;
}
