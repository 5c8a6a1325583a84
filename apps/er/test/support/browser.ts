// A browser to look at pages with: the Chromium that comes with the npm dependencies (Linux on x64, without a system package),
// or the one that CHROMIUM names, or else the system's. It has one family of fonts, the widest of the common ones and the same on
// every machine, so that what fits on one fits on all.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { type Browser, launch } from "puppeteer-core";

const SYSTEM = "/usr/bin/chromium";
const bundledFits = process.platform === "linux" && process.arch === "x64";
const given = process.env.CHROMIUM;

/** For `describe.skipIf`: says once what is missing. */
export function noBrowser(): boolean {
  const absent = given === undefined && !bundledFits && !existsSync(SYSTEM);
  if (absent) console.warn("skipped: no Chromium for this machine; set CHROMIUM to one");
  return absent;
}

export interface OpenBrowser {
  readonly browser: Browser;
  close(): Promise<void>;
}

export async function openBrowser(): Promise<OpenBrowser> {
  const folder = mkdtempSync(join(tmpdir(), "er-browser-"));
  const bundled = given === undefined && bundledFits;
  const browser = await launch({
    executablePath: given ?? (bundled ? unpack(folder) : SYSTEM),
    headless: "shell",
    // Root, as containers are run, may not make the sandbox; the pages are our own.
    args: ["--no-sandbox", "--no-zygote", "--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"],
    env: {
      ...process.env,
      FONTCONFIG_FILE: fonts(folder),
      ...(bundled && { LD_LIBRARY_PATH: join(folder, "lib") }),
    },
  });
  return {
    browser,
    close: async () => {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const packageFile = (owner: string, path: string) =>
  createRequire(new URL(`../../../../packages/${owner}/package.json`, import.meta.url)).resolve(path);

/** Chromium and the libraries that it needs beside those of every Linux. */
function unpack(folder: string): string {
  const bin = resolve(dirname(packageFile("engine", "@sparticuz/chromium")), "../../bin");
  const archive = (name: string) => brotliDecompressSync(readFileSync(join(bin, name)));
  const { status, stderr } = spawnSync("tar", ["-x", "-C", folder], { input: archive("al2023.tar.br") });
  if (status !== 0) throw new Error(`tar: ${stderr}`);
  const executable = join(folder, "chromium");
  writeFileSync(executable, archive("chromium.br"), { mode: 0o755 });
  return executable;
}

function fonts(folder: string): string {
  const cache = join(folder, "fonts");
  mkdirSync(cache);
  const file = join(folder, "fonts.conf");
  const dejavu = dirname(packageFile("report", "dejavu-fonts-ttf/ttf/DejaVuSans.ttf"));
  const family = (compare: "eq" | "not_eq", name: string) =>
    `<match target="pattern"><test name="family" compare="${compare}"><string>monospace</string></test>
<edit name="family" mode="prepend" binding="strong"><string>${name}</string></edit></match>`;
  writeFileSync(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${dejavu}</dir><cachedir>${cache}</cachedir>
${family("not_eq", "DejaVu Sans")}
${family("eq", "DejaVu Sans Mono")}
</fontconfig>`,
  );
  return file;
}
