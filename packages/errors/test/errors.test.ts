import { describe, expect, it } from "vitest";
import { InputError, printable } from "../src/index.js";

describe("text from files", () => {
  it("cannot reach a terminal raw", () => {
    expect(printable("a\u001b[31mred\u2028b\r\nc\u202ed")).toBe("a\\u001b[31mred\\u2028b\\u000d\\u000ac\\u202ed");
    expect(printable("two\nlines\u0007", "\n")).toBe("two\nlines\\u0007");
    expect(printable("Schön, 画像 – «ok» 👍🏽")).toBe("Schön, 画像 – «ok» 👍🏽");
    expect(new InputError("name \u001b]0;title\u0007").message).toBe("name \\u001b]0;title\\u0007");
  });

  it("is one line of bounded length", () => {
    const { message } = new InputError(`start ${"\u0000".repeat(5000)} end`);
    expect(message.length).toBeLessThan(1010);
    expect(message).toMatch(/^start .* end$/);
  });
});
