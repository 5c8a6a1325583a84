// Text that comes out of files and names, as a terminal and a line may show it.

/** Controls, line and paragraph separators, and what turns the direction of the text about. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * The text with everything that would move a terminal's cursor, change its colours, end the line or turn the text about shown as
 * its escape, `\u001b`.
 *
 * @param keep characters that stay, such as the line ends of text that has several
 */
export function printable(text: string, keep = ""): string {
  return text.replace(UNPRINTABLE, (character) => (keep.includes(character) ? character : escaped(character)));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
