// The README's program, run as it is printed there.
import { readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";

it("the README's program learns exclusive or", async () => {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const code = /```ts\n(import [\s\S]*?)```/.exec(readme)![1]!;
  const lines: unknown[][] = [];
  const log = vi.spyOn(console, "log").mockImplementation((...parts) => {
    lines.push(parts);
  });
  const body = code.replace(/import (\{[^}]*\}) from "@er\/engine";/, "const $1 = engine;");
  const engine = await import("../src/index.js");
  const run = new Function("engine", `return (async () => {${body}})();`) as (module: unknown) => Promise<void>;
  await run(engine);
  log.mockRestore();
  expect(lines[0]![0]).toBe("loss");
  expect(lines[0]![1]).toBeLessThan(0.1);
});
