// Names out of files reach no terminal as they are.

import { expect, test } from "vitest";
import { InputError, printable } from "../src/errors.js";

test.each([
  ["escape sequences", "a\x1b[2Jb", "a\\u001b[2Jb"],
  ["the one-byte form of their beginning", "\x9b2J", "\\u009b2J"],
  ["line ends of every kind", "a\r\nb\u0085\u2028\u2029", "a\\u000d\\u000ab\\u0085\\u2028\\u2029"],
  ["turned directions", "a\u202eb\u2066", "a\\u202eb\\u2066"],
  ["tags past 16 bits", "\u{e0041}", "\\udb40\\udc41"],
])("%s are shown as escapes, in messages too", (_, text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(new InputError(`${text}: broken`).message).toBe(`${shown}: broken`);
});

test("text that people write stays as it is", () => {
  const text = "1×1, größe, 猫, Å, 🐈, “α”";
  expect(printable(text)).toBe(text);
});
