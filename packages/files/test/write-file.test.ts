import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appendFile, fileSha256, sha256, writeFile } from "../src/index.js";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "er-files-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Runs a module in a process that may write no file of more than `blocks` of 1,024 bytes: EFBIG stands for a full disk. */
function limited(blocks: number, body: string): string {
  const source = `import { appendFile, writeFile } from ${JSON.stringify(join(import.meta.dirname, "../dist/index.js"))}; ${body}`;
  return execFileSync(
    "bash",
    ["-c", `ulimit -f ${blocks}; exec "${process.execPath}" --input-type=module -e "$0"`, source],
    {
      cwd: directory,
      encoding: "utf8",
    },
  );
}

describe("writing a file", () => {
  it("counts and sums what it wrote, whole, in pieces and as text", async () => {
    const path = join(directory, "a");
    expect(await writeFile(path, "schön")).toEqual({ bytes: 6, sha256: sha256("schön") });
    async function* pieces() {
      yield Uint8Array.of(1, 2);
      yield new Uint8Array(0);
      yield Uint8Array.of(3);
    }
    const written = await writeFile(path, pieces());
    expect(written).toEqual({ bytes: 3, sha256: sha256(Uint8Array.of(1, 2, 3)) });
    expect(await fileSha256(path)).toEqual(written);
    expect(readdirSync(directory)).toEqual(["a"]);
  });

  it("keeps the old file where the new one does not fit on the disk, and leaves nothing beside it", () => {
    writeFileSync(join(directory, "model"), "good");
    const said = limited(
      4,
      `await writeFile("model", new Uint8Array(100_000)).catch((e) => console.log(e.name, e.message));`,
    );
    expect(said).toBe(
      "FileError model: cannot be written (EFBIG: larger than the system lets a file be); raise the limit (ulimit -f), or use another disk\n",
    );
    expect(readFileSync(join(directory, "model"), "utf8")).toBe("good");
    expect(readdirSync(directory)).toEqual(["model"]);
  });

  it("keeps the old file where its pieces fail, and where what comes before replacing does", async () => {
    const path = join(directory, "a");
    await writeFile(path, "old");
    const broken = (function* () {
      yield Uint8Array.of(1);
      throw new Error("torn");
    })();
    await expect(writeFile(path, broken)).rejects.toThrow("torn");
    const beforeReplacing = () => Promise.reject(new Error("not noted"));
    await expect(writeFile(path, "new", { beforeReplacing })).rejects.toThrow("not noted");
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(readdirSync(directory)).toEqual(["a"]);
  });

  it("keeps the mode of what it replaces", async () => {
    const path = join(directory, "a");
    writeFileSync(path, "");
    chmodSync(path, 0o640);
    await writeFile(path, "x");
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it("is never through a symbolic link, nor onto a directory or a device", async () => {
    writeFileSync(join(directory, "target"), "mine");
    symlinkSync("target", join(directory, "link"));
    mkdirSync(join(directory, "folder"));
    await expect(writeFile(join(directory, "link"), "x")).rejects.toThrow(
      /link: a symbolic link, which is not written/,
    );
    await expect(appendFile(join(directory, "link"), "x")).rejects.toThrow(/link: cannot be written \(ELOOP/);
    await expect(writeFile(join(directory, "folder"), "x")).rejects.toThrow(/folder: a directory/);
    await expect(writeFile("/dev/null", "x")).rejects.toThrow("/dev/null: no regular file");
    expect(readFileSync(join(directory, "target"), "utf8")).toBe("mine");
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  it.each([
    ["no/such/folder/a", "no/such/folder/a: cannot be written (ENOENT: not found); check the path"],
    ["file/a", "file/a: cannot be written (ENOTDIR: part of the path is a file; expected a directory); check the path"],
    ["x".repeat(300), "cannot be written (ENAMETOOLONG: the name is too long); give a shorter one"],
  ])("says what is wrong with a path: %s", async (path, message) => {
    writeFileSync(join(directory, "file"), "");
    await expect(writeFile(join(directory, path), "x")).rejects.toThrow(message);
    await expect(writeFile(join(directory, path), "x")).rejects.toHaveProperty("name", "InputError");
  });
});

describe("adding to a file", () => {
  it("makes it and goes on at its end", async () => {
    const path = join(directory, "log");
    await appendFile(path, "one\n");
    await appendFile(path, "two\n");
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
  });

  it("leaves nothing of what did not fit", () => {
    writeFileSync(join(directory, "log"), "one\n");
    const said = limited(1, `await appendFile("log", "x".repeat(5000)).catch((e) => console.log(e.name));`);
    expect(said).toBe("FileError\n");
    expect(readFileSync(join(directory, "log"), "utf8")).toBe("one\n");
    expect(existsSync(join(directory, "log"))).toBe(true);
  });
});
