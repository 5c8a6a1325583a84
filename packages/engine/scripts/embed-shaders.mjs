// Embeds shaders/*.wgsl as strings in a generated module, so that the engine needs no file access at run time.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const shaders = new URL("../../../shaders/", import.meta.url);
const generated = new URL("../src/generated/", import.meta.url);
const names = readdirSync(shaders)
  .filter((file) => file.endsWith(".wgsl"))
  .sort();
const entries = names.map((file) => {
  const text = readFileSync(new URL(file, shaders), "utf8");
  return `  ${JSON.stringify(file.replace(".wgsl", ""))}: ${JSON.stringify(text)},`;
});
mkdirSync(generated, { recursive: true });
writeFileSync(new URL("shaders.ts", generated), `export const shaders = {\n${entries.join("\n")}\n} as const;\n`);
