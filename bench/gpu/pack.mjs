// Packs the bench so that a machine without Node, npm or a network can run it: bench/gpu/kit/ then holds a stripped
// node, the built JavaScript with what it needs at run time, Dawn for Linux on x64, SwiftShader, and a Vulkan loader.
// Run it after a build: node bench/gpu/pack.mjs
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";

const MOST_BYTES = 64 * 2 ** 20;
/** Peers and types: what the GPU's cases never load. */
const LEFT_OUT = /^(@tensorflow|@jax-js|@webgpu|@types)\//;
/** Of these only so much: the whole of them is other platforms' binaries and a browser. */
const PARTS = {
  webgpu: ["package.json", "index.js", "LICENSE.md", "dist/linux-x64"],
  "@sparticuz/chromium": ["package.json", "LICENSE", "build/cjs/index.cjs", "bin/swiftshader.tar.br"],
};
/** Named by the engine for a file in it alone; its own dependencies are for a browser. */
const ALONE = new Set(["webgpu", "@sparticuz/chromium"]);
const DEAD_WEIGHT = /\.(d\.ts|map|md)$|(^|\/)(test|tests|prebuilds|node_modules)(\/|$)/;

if (process.platform !== "linux" || process.arch !== "x64") {
  fail(`a kit is for Linux on x64 and is packed there; this is ${process.platform} on ${process.arch}`);
}
const bench = realpathSync(join(import.meta.dirname, ".."));
if (!existsSync(join(bench, "dist/main.js"))) {
  fail("bench/dist is missing; run npm run build first");
}
const kit = join(import.meta.dirname, "kit");
rmSync(kit, { recursive: true, force: true });
mkdirSync(kit);
const stage = mkdtempSync(join(tmpdir(), "er-kit-"));
try {
  packApp();
  packNode();
  packLoader();
} finally {
  rmSync(stage, { recursive: true });
}
const bytes = readdirSync(kit).reduce((sum, name) => sum + statSync(join(kit, name)).size, 0);
console.error(`${kit}: ${(bytes / 2 ** 20).toFixed(1)} MiB`);
if (bytes > MOST_BYTES) {
  fail(`the kit passes its ${MOST_BYTES / 2 ** 20} MiB`);
}

function packApp() {
  const app = join(stage, "app");
  copyPackage(bench, app);
  const versions = new Map();
  const pending = dependenciesOf(bench);
  while (pending.length > 0) {
    const { name, from } = pending.pop();
    const root = rootOf(name, from);
    const { version } = readPackage(root);
    const packed = versions.get(name);
    if (packed !== undefined && packed !== version) {
      fail(`${name} is needed as ${packed} and as ${version}; the kit holds one version of a package`);
    }
    if (packed === undefined) {
      versions.set(name, version);
      copyPackage(root, join(app, "node_modules", name), PARTS[name]);
      if (!ALONE.has(name)) {
        pending.push(...dependenciesOf(root));
      }
    }
  }
  writeFileSync(join(app, "commit"), commitOf());
  execFileSync("tar", ["-cJf", join(kit, "app.tar.xz"), "-C", stage, "app"], { env: { ...process.env, XZ_OPT: "-9" } });
}

function packNode() {
  const node = join(stage, "node");
  copyFileSync(process.execPath, node);
  execFileSync("strip", [node]);
  execFileSync("xz", ["-9", "-T2", node]);
  copyFileSync(`${node}.xz`, join(kit, "node.xz"));
  writeFileSync(join(kit, "node.version"), `${process.version}\n`);
}

/** The system's loader; without one, run.sh leaves it to the engine, which has the one beside SwiftShader. */
function packLoader() {
  const line = execFileSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" })
    .split("\n")
    .find((one) => one.includes("libvulkan.so.1 ") && one.includes("x86-64"));
  if (line === undefined) {
    console.error("no libvulkan.so.1 here; the kit goes without, as SwiftShader brings a loader (Debian: libvulkan1)");
    return;
  }
  copyFileSync(realpathSync(line.split("=> ")[1]), join(kit, "libvulkan.so.1"));
}

function copyPackage(from, to, parts = ["package.json", ...filesOf(from)]) {
  for (const part of parts) {
    cpSync(join(from, part), join(to, part), {
      recursive: true,
      dereference: true,
      filter: (file) => wanted(from, file),
    });
  }
}

/** What of a package may be needed at run time: our own dist, or all of another's. */
function filesOf(root) {
  const ours = readPackage(root).name.startsWith("@er/");
  return ours ? ["dist"] : readdirSync(root).filter((name) => name !== "package.json");
}

function wanted(root, file) {
  const inside = file
    .slice(root.length + 1)
    .split(sep)
    .join("/");
  return inside === "" || inside.startsWith("LICENSE") || !DEAD_WEIGHT.test(inside);
}

function dependenciesOf(root) {
  const names = Object.keys(readPackage(root).dependencies ?? {}).filter((name) => !LEFT_OUT.test(name));
  return names.map((name) => ({ name, from: root }));
}

/** A package's own folder, looked for as Node does, whatever its exports say. */
function rootOf(name, from) {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) {
      return realpathSync(candidate);
    }
  }
  return fail(`${name}, which ${from} needs, is not installed; run npm run setup`);
}

function readPackage(root) {
  return JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
}

function commitOf() {
  const git = (...words) => execFileSync("git", words, { cwd: bench, encoding: "utf8" }).trim();
  return git("describe", "--always", "--dirty", "--abbrev=40", "--match=");
}

function fail(message) {
  console.error(`pack: ${message}`);
  process.exit(2);
}
