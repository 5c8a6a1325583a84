// The unpacked driver: what is not what was unpacked would end the process with SIGBUS, so it is unpacked anew.
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { swiftShader, swiftShaderFits } from "../src/device/node-swiftshader.js";

let cache: string;
let before: string | undefined;
beforeAll(() => {
  before = process.env.ER_CACHE;
  cache = mkdtempSync(join(tmpdir(), "er-driver-"));
  process.env.ER_CACHE = cache;
});
afterAll(() => {
  if (before === undefined) delete process.env.ER_CACHE;
  else process.env.ER_CACHE = before;
  rmSync(cache, { recursive: true });
});

it.skipIf(!swiftShaderFits)("is unpacked anew where it was cut short or changed", async () => {
  const { driverFile, loader } = await swiftShader();
  const library = join(driverFile, "..", "libvk_swiftshader.so");
  const whole = readFileSync(library);
  const unpacked = statSync(library).ino;
  await swiftShader();
  expect(statSync(library).ino).toBe(unpacked);

  truncateSync(library, 4096);
  await swiftShader();
  expect(readFileSync(library).equals(whole)).toBe(true);

  const flipped = readFileSync(loader);
  flipped[5000]! ^= 1;
  writeFileSync(loader, flipped);
  await swiftShader();
  expect(readFileSync(loader).equals(flipped)).toBe(false);
});
