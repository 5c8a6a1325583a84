// `er weights`: the list, and downloads from a server and folders of this machine.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er, tiny } from "./support/er.js";

let directory: string;
let server: Server;
let mirror: string;
/** What a BiT file is here: no checksum is published for it, so that any bytes will do. */
const BODY = Buffer.from("not really weights ".repeat(10_000));
/** Bytes that come before the server stops answering. */
const HALF = 100_000;
const NPZ = "BiT-S-R50x1.npz";
const requests: (string | undefined)[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "er-weights-"));
  process.env.ER_CACHE = join(directory, "cache");
  server = createServer((request, response) => {
    if (request.url !== `/${NPZ}`) {
      response.writeHead(404).end();
      return;
    }
    const from = Number(/\d+/.exec(request.headers.range ?? "0")![0]);
    requests.push(request.headers.range);
    response.writeHead(from > 0 ? 206 : 200, {
      ...{ etag: '"1"', "content-length": BODY.length - from },
      ...(from > 0 && { "content-range": `bytes ${from}-${BODY.length - 1}/${BODY.length}` }),
    });
    // The first time it hangs half-way, for Ctrl-C.
    if (requests.length === 1) response.write(BODY.subarray(0, HALF));
    else response.end(BODY.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  delete process.env.ER_CACHE;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(directory, { recursive: true });
});

describe("er weights list", () => {
  it("is a table of at most a hundred columns", async () => {
    const { code, stdout, stderr } = await er(["weights", "list"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^name +model +size +top-1 +licence +checksum +here\n/);
    expect(stdout).toMatch(/\nresnet50-v2 +resnet50 +102\.5 MB +80\.86 % +BSD-3-Clause +sha256, 8\n/);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("is JSON with --json, of everything that is known", async () => {
    const { code, stdout } = await er(["weights", "list", "--json"]);
    expect(code).toBe(0);
    const resnet20 = (JSON.parse(stdout) as { name: string }[]).find(({ name }) => name === "resnet20");
    expect(resnet20).toMatchObject({
      kind: "weights",
      accuracy: { top1: 0.9173, on: "CIFAR-10 test" },
      preprocessing: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
      check: "its sha256",
    });
    expect(resnet20).not.toHaveProperty("path");
  });
});

describe("er weights get", () => {
  const get = (...args: string[]) => er(["weights", "get", ...args]);

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("keeps what came when %s stops it, and goes on", async (signal) => {
    const output = join(directory, signal);
    requests.length = 0;
    const stopped = await er(["weights", "get", "bit-s-r50x1", "--from", mirror, "--output", output], {
      signal,
      when: { file: join(output, `${NPZ}.part`), bytes: HALF },
    });
    expect(stopped.code).toBe(1);
    expect(stopped.stderr).toMatch(
      /(^|\n)er: stopped; the 0\.1 MB that came are kept, and the same command goes on.*\n$/,
    );
    expect((await get("bit-s-r50x1", "--from", mirror, "--output", output)).code).toBe(0);
    expect(requests).toEqual([undefined, `bytes=${HALF}-`]);
    expect(readFileSync(join(output, NPZ)).equals(BODY)).toBe(true);
  });

  it("on a disk that takes no more keeps what came, says so in a line, and goes on", async () => {
    const output = join(directory, "full");
    requests.length = 1;
    const args = ["weights", "get", "bit-s-r50x1", "--from", mirror, "--output", output];
    // Files of at most 64 KiB, by the system's own limit.
    const limited = await er(args, undefined, { fileKiB: 64 });
    expect(limited.code).toBe(1);
    expect(limited.stderr).toMatch(
      /er: .*full: the system lets no file be so large; what came so far is kept: raise.*\n$/,
    );
    expect((await er(args)).code).toBe(0);
    expect(requests.at(-1)).toBe("bytes=65536-");
    expect(readFileSync(join(output, NPZ)).equals(BODY)).toBe(true);
  });

  it("fetches, then checks what is there", async () => {
    const target = join(directory, "cache", "weights", NPZ);
    requests.length = 1;
    const { code, stdout, stderr } = await get("bit-s-r50x1", "--from", mirror);
    expect([code, stdout]).toEqual([0, `${target}\n`]);
    expect(stderr).toMatch(/bit-s-r50x1 \(MB\) 0\.2\/0\.2/);
    expect(stderr).toMatch(/bit-s-r50x1: fetched, 0\.2 MB, sha256 [0-9a-f]{64}, noted to check it by/);
    expect(readFileSync(target).equals(BODY)).toBe(true);
    const again = await get("bit-s-r50x1", "--json", "--quiet");
    expect([again.code, again.stderr]).toEqual([0, ""]);
    expect(JSON.parse(again.stdout)).toEqual([
      {
        ...{ name: "bit-s-r50x1", path: target, fetched: false, bytes: BODY.length, check: "nothing" },
        sha256: createHash("sha256").update(BODY).digest("hex"),
      },
    ]);
    expect((await er(["weights", "list"])).stdout).toMatch(/\nbit-s-r50x1 .* none +yes\n/);
  });

  it("refuses wrong bytes with exit code 1, unknown names and folders without the file with 2", async () => {
    const folder = join(directory, "folder");
    const output = join(directory, "output");
    mkdirSync(folder);
    const missing = await get("resnet20", "--from", folder, "--output", output);
    expect([missing.code, missing.stdout]).toEqual([2, ""]);
    expect(missing.stderr).toMatch(/^er: .*resnet20-12fca82f\.th: not there; expected the file.*\n$/);
    const unknown = await get("resnet20", "resnet-20");
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      'er: no weights are registered as "resnet-20"; did you mean "resnet20"? er weights list has them all\n',
    ]);
    const absent = await get("resnet20", "--from", mirror, "--output", output);
    expect([absent.code, absent.stdout]).toEqual([1, ""]);
    expect(absent.stderr).toMatch(
      /^er: 127\.0\.0\.1:\d+\/resnet20-12fca82f\.th: not there \(status 404\); give --from/,
    );
    writeFileSync(join(directory, "resnet20-12fca82f.th"), Buffer.alloc(1_099_231));
    const wrong = await get("resnet20", "--from", directory, "--output", output, "--quiet");
    expect([wrong.code, wrong.stdout]).toEqual([1, ""]);
    expect(wrong.stderr).toMatch(/^er: .*expected sha256 12fca82f[0-9a-f]{56}, seen [0-9a-f]{64}; they are deleted/);
    expect(existsSync(join(output, "resnet20-12fca82f.th"))).toBe(false);
  });
});

describe("weights:NAME", () => {
  const evaluate = (name: string) => er(["eval", "--quiet", "--weights", name, "--data", tiny.data.id.spec]);

  it("says how to fetch what is not here, and suggests a name", async () => {
    const { code, stderr } = await evaluate("weights:resnet32");
    expect([code, stderr]).toEqual([
      2,
      "er: weights:resnet32: not in the cache; fetch them with: er weights get resnet32\n",
    ]);
    expect((await evaluate("weights:resnet-32")).stderr).toMatch(/did you mean "resnet32"\?/);
  });

  it("reads the file in the cache", async () => {
    const cache = join(directory, "cache", "weights");
    mkdirSync(cache, { recursive: true });
    writeFileSync(join(cache, NPZ), BODY);
    const { code, stderr } = await evaluate("weights:bit-s-r50x1");
    expect([code, stderr]).toEqual([2, expect.stringContaining(NPZ)]);
  });
});
