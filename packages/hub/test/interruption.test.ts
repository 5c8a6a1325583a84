// Ctrl-C, killed processes, several at once, and folders that take nothing.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { download } from "../src/index.js";
import { bytes, folder, removeFolders, sha256 } from "./support/files.js";
import { type Running, serve, whole } from "./support/server.js";

const BODY = bytes(100_000);
let at: Running | undefined;

removeFolders();
afterEach(async () => {
  await at?.close();
});

const file = ({ url }: Running) => ({
  url: `${url}/model.pth`,
  size: { bytes: BODY.length, within: 0 },
  checksum: { algorithm: "sha256", digits: sha256(BODY) } as const,
});

test("stopped in the middle it says so and keeps what came; the next one asks for the rest", async () => {
  at = await serve((_, response) => {
    response.writeHead(200, { "content-length": BODY.length, etag: '"1"' });
    response.write(BODY.subarray(0, 60_000));
  }, whole(BODY));
  const directory = folder();
  const stop = new AbortController();
  const stopped = download(file(at), {
    directory,
    signal: stop.signal,
    onProgress: (done) => done === 60_000 && stop.abort(),
  });
  await expect(stopped).rejects.toThrow(/^stopped; the 0\.1 MB that came are kept/);
  const { path } = await download(file(at), { directory });
  expect(readFileSync(path).equals(BODY)).toBe(true);
  expect(at.requests).toEqual(["GET /model.pth", "GET /model.pth bytes=60000-"]);
});

test("what killed writers left of the file is cleared, and nothing else", async () => {
  at = await serve(whole(BODY));
  const directory = folder();
  const temporary = (name: string) => `.er-${sha256(Buffer.from(name)).slice(0, 8)}-0123456789ab.tmp`;
  const left = ["model.pth", "model.pth.part.json", "model.pth.json", "model.pth.er-lock"].map(temporary);
  for (const name of [...left, temporary("other.pth")]) writeFileSync(join(directory, name), "cut");
  await download(file(at), { directory });
  expect(readdirSync(directory).sort()).toEqual([temporary("other.pth"), "model.pth", "model.pth.json"].sort());
});

test.each(["ENOSPC", "EDQUOT", "EFBIG"])(
  "on a disk that takes no more (%s) what came is kept, and gone on with",
  async (code) => {
    at = await serve((_, response) => {
      response.writeHead(200, { "content-length": BODY.length, etag: '"1"' });
      response.write(BODY.subarray(0, 60_000));
    }, whole(BODY));
    const directory = folder();
    const stop = new AbortController();
    const first = download(file(at), {
      ...{ directory, signal: stop.signal },
      onProgress: (done) => done === 60_000 && stop.abort(),
    });
    await expect(first).rejects.toThrow(/^stopped/);
    // Every way in which Node hands bytes to the system.
    const full = () => Promise.reject(Object.assign(new Error(`${code}: no`), { code, syscall: "write" }));
    const handle = await open(join(directory, "probe"), "w");
    await handle.close();
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    const spies = [vi.spyOn(prototype, "write").mockImplementation(full), vi.spyOn(prototype, "writeFile")];
    spies[1]!.mockImplementation(full as never);
    try {
      await expect(download(file(at), { directory })).rejects.toThrow(/what came so far is kept/);
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    expect((await download(file(at), { directory })).fetched).toBe(true);
    expect(at.requests.slice(1)).toEqual(["GET /model.pth bytes=60000-", "GET /model.pth bytes=60000-"]);
  },
);

test("a part whose note was cut off or is of another address is not gone on with; a complete one needs no request", async () => {
  at = await serve(whole(BODY));
  for (const note of ['{"url": "htt', JSON.stringify({ url: "https://elsewhere.example/model.pth" })]) {
    const directory = folder();
    writeFileSync(join(directory, "model.pth.part"), bytes(500, 9));
    writeFileSync(join(directory, "model.pth.part.json"), note);
    const { path } = await download(file(at), { directory });
    expect(readFileSync(path).equals(BODY)).toBe(true);
  }
  expect(at.requests).toEqual(["GET /model.pth", "GET /model.pth"]);
  const directory = folder();
  writeFileSync(join(directory, "model.pth.part"), BODY);
  writeFileSync(join(directory, "model.pth.part.json"), JSON.stringify({ url: file(at).url }));
  expect((await download(file(at), { directory })).fetched).toBe(true);
  expect(at.requests).toHaveLength(2);
});

test("of two at once one fetches and the other waits and finds the file", async () => {
  // The rest comes once the other waits.
  let rest: (() => void) | undefined;
  at = await serve((_, response) => {
    response.writeHead(200, { "content-length": BODY.length });
    response.write(BODY.subarray(0, 1000));
    rest = () => response.end(BODY.subarray(1000));
    if (messages.length > 0) rest();
  });
  const directory = folder();
  const messages: string[] = [];
  const onMessage = (text: string) => {
    messages.push(text);
    rest?.();
  };
  const one = () => download(file(at!), { directory, onMessage });
  const both = await Promise.all([one(), one()]);
  expect(both.map(({ fetched }) => fetched).sort()).toEqual([false, true]);
  expect(messages).toEqual([expect.stringMatching(/another process fetches .*model\.pth; waiting/)]);
  expect(at.requests).toHaveLength(1);
});

test("a file that is there with other bytes is not replaced", async () => {
  at = await serve(whole(BODY));
  const directory = folder();
  writeFileSync(join(directory, "model.pth"), "mine");
  await expect(download(file(at), { directory })).rejects.toThrow(/expected 100000 bytes, seen 4; delete it/);
  expect(readFileSync(join(directory, "model.pth"), "utf8")).toBe("mine");
});

test("a folder that cannot be made or written is the user's to change", async () => {
  at = await serve(whole(BODY));
  const directory = folder();
  writeFileSync(join(directory, "file"), "");
  const inFile = download(file(at), { directory: join(directory, "file") });
  await expect(inFile).rejects.toMatchObject({ name: "InputError", message: /cannot be written to \(EEXIST\)/ });
  const below = download(file(at), { directory: join(directory, "file", "below") });
  await expect(below).rejects.toMatchObject({ name: "InputError", message: /cannot be written to \(ENOTDIR\)/ });
  mkdirSync(join(directory, "model.pth.part"));
  await expect(download(file(at), { directory })).rejects.toMatchObject({ name: "InputError", message: /EISDIR/ });
});
