// The engine's type declarations are whole by themselves: who imports it needs no line for WebGPU's types.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";

it.each([
  ["of a server", { lib: ["ES2023"] }],
  ["of a page", { lib: ["ES2023", "DOM"] }],
])("a program %s that imports the engine compiles with no types of its own", (_, own) => {
  const root = join(import.meta.dirname, "..");
  const directory = mkdtempSync(join(tmpdir(), "er-types-"));
  writeFileSync(
    join(directory, "program.ts"),
    `import { Runtime } from "@er/engine";
const runtime = await Runtime.open();
const device: GPUDevice = runtime.device;
export { device };
`,
  );
  const compilerOptions = {
    ...{ strict: true, noEmit: true, module: "NodeNext", target: "ES2023", types: [], skipLibCheck: true, ...own },
    paths: { "@er/engine": [join(root, "packages/engine/dist/index.d.ts")] },
  };
  writeFileSync(join(directory, "package.json"), '{"type":"module"}');
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["program.ts"] }));
  const { stdout, status } = spawnSync(join(root, "node_modules/.bin/tsc"), ["-p", directory], { encoding: "utf8" });
  rmSync(directory, { recursive: true });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});
