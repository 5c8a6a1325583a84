// A download from servers that do everything wrong that servers do.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import type { RemoteFile } from "../src/download/remote-file.js";
import { type DownloadOptions, download } from "../src/index.js";
import { bytes, folder, removeFolders, sha256 } from "./support/files.js";
import {
  type Answer,
  cutAfter,
  onceArrived,
  type Running,
  serve,
  status,
  tellArrived,
  whole,
} from "./support/server.js";

const BODY = bytes(100_000);
/** Refused waits are short; what has to come may take as long as a busy machine needs. */
const FAST = { timeouts: { connect: 60_000, stall: 60_000 }, retries: { attempts: 3, wait: 10 } };
const running: Running[] = [];

removeFolders();
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});

async function server(...answers: Answer[]): Promise<Running> {
  const started = await serve(...answers);
  running.push(started);
  return started;
}

/** What the file is known to be, from a server. */
function remote(at: Running, known: Partial<RemoteFile> = {}): RemoteFile {
  const checksum = { algorithm: "sha256", digits: sha256(BODY) } as const;
  return { url: `${at.url}/model.pth`, size: { bytes: BODY.length, within: 0 }, checksum, ...known };
}

/** Into a new folder, or one that is given; refused waits and messages are short. */
function get(file: RemoteFile, { onProgress, ...options }: Partial<DownloadOptions> = {}) {
  return download(file, {
    ...{ directory: folder(), ...FAST, ...options },
    onProgress: (done, total) => {
      tellArrived(done);
      onProgress?.(done, total);
    },
  });
}

/** That the file is there, and nothing else but its receipt. */
function expectWhole(path: string) {
  expect(readFileSync(path).equals(BODY)).toBe(true);
  const names = readdirSync(join(path, ".."));
  expect(names.sort()).toEqual(["model.pth", "model.pth.json"]);
}

/** That it failed with such a message and left no file under its name. */
async function expectRefusal(file: RemoteFile, message: RegExp, options: Partial<DownloadOptions> = {}) {
  const directory = options.directory ?? folder();
  const error: unknown = await get(file, { ...options, directory }).catch((error) => error);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toContain("\n");
  expect(existsSync(join(directory, "model.pth"))).toBe(false);
  return { directory, error: error as Error };
}

test("fetches, checks and tells how far it is; a second time it only checks", async () => {
  const at = await server(whole(BODY));
  const directory = folder();
  const seen: (number | undefined)[][] = [];
  const first = await get(remote(at), { directory, onProgress: (...now) => seen.push(now) });
  expect(first).toEqual({
    ...{ path: join(directory, "model.pth"), fetched: true, bytes: BODY.length, sha256: sha256(BODY) },
  });
  expectWhole(first.path);
  expect(seen.at(-1)).toEqual([BODY.length, BODY.length]);
  expect((await get(remote(at), { directory })).fetched).toBe(false);
  expect(at.requests).toEqual(["GET /model.pth"]);
});

test("a cut connection is gone on with where it was cut", async () => {
  const at = await server(cutAfter(40_000, BODY), whole(BODY));
  const messages: string[] = [];
  const { path } = await get(remote(at), { onMessage: (text) => messages.push(text) });
  expectWhole(path);
  expect(at.requests).toEqual(["GET /model.pth", "GET /model.pth bytes=40000-"]);
  expect(messages.join()).toMatch(/cut.*once more in 1 s/);
});

test("one that is always cut is given up, and a later command goes on", async () => {
  const at = await server(cutAfter(30_000, BODY));
  const { directory } = await expectRefusal(remote(at), /the connection was cut.*tried 3 times/);
  expect(at.requests).toHaveLength(3);
  const part = readFileSync(join(directory, "model.pth.part"));
  expect(part.equals(BODY.subarray(0, 30_000))).toBe(true);
});

test("a connection cut right behind the headers is tried again like any other", async () => {
  const atOnce: Answer = (_, response) => {
    response.writeHead(200, { "content-length": BODY.length });
    response.write(BODY.subarray(0, 10), () => response.socket!.resetAndDestroy());
  };
  const at = await server(atOnce, atOnce, whole(BODY));
  expectWhole((await get(remote(at))).path);
  expect(at.requests).toHaveLength(3);
});

test("a server that stalls is left after the time given", async () => {
  const stalls: Answer = (_, response) => {
    response.writeHead(200, { "content-length": BODY.length });
    response.write(BODY.subarray(0, 1000));
  };
  const short = { timeouts: { connect: 60_000, stall: 250 }, retries: { attempts: 1, wait: 10 } };
  await expectRefusal(remote(await server(stalls)), /stopped answering/, short);
  await expectRefusal(remote(await server(() => undefined)), /stopped answering/, short);
});

test("one that is slow is not left, however long it takes in all", async () => {
  // The clock is the test's own: it moves by less than a stall before each piece, and by far more than one in all.
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const [stall, step] = [250, 10_000];
    let answering: ServerResponse | undefined;
    const at = await server((_, response) => {
      response.writeHead(200, { "content-length": BODY.length });
      response.write(BODY.subarray(0, step));
      answering = response;
    });
    const onProgress = (done: number) => {
      if (done % step !== 0 || done === BODY.length) return;
      // Once the next piece is waited for.
      setImmediate(() => {
        vi.advanceTimersByTime(stall - 50);
        answering!.write(BODY.subarray(done, done + step));
      });
    };
    expectWhole((await get(remote(at), { timeouts: { connect: 60_000, stall }, onProgress })).path);
  } finally {
    vi.useRealTimers();
  }
});

test("a length that is a lie is not trusted", async () => {
  const says =
    (length: number): Answer =>
    (_, response) => {
      const socket = response.socket!;
      onceArrived(Math.min(length, BODY.length), () => socket.end());
      socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`), BODY]));
    };
  await expectRefusal(remote(await server(says(BODY.length - 10))), /ended after 99990 of 100000 bytes.*tried 3 times/);
  const longer = await server(says(BODY.length + 10));
  // All that is expected has come, whatever was said.
  expectWhole((await get(remote(longer))).path);
  expect(longer.requests).toHaveLength(1);
  // Where nothing is known beforehand, the length said is the least that must come.
  await expectRefusal(remote(longer, { size: undefined, checksum: undefined }), /cut/);
});

test("one that sends on and on is cut off", async () => {
  let sent = 0;
  const endless: Answer = (_, response) => {
    response.on("error", () => undefined);
    const more = () => {
      sent += BODY.length;
      if (!response.destroyed && sent < 1e8) response.write(BODY, more);
    };
    more();
  };
  const { directory } = await expectRefusal(remote(await server(endless)), /longer than 100000 bytes/);
  expect(readdirSync(directory)).toEqual([]);
  expect(sent).toBeLessThan(1e8);
});

test("wrong bytes are refused and deleted, with both checksums; they are asked for once", async () => {
  const wrong = bytes(BODY.length, 2);
  const at = await server(whole(wrong));
  const { directory } = await expectRefusal(
    remote(at),
    new RegExp(`expected sha256 ${sha256(BODY)}, seen ${sha256(wrong)}`),
  );
  expect(readdirSync(directory)).toEqual([]);
  expect(at.requests).toHaveLength(1);
  const prefix = { algorithm: "sha256", digits: sha256(BODY).slice(0, 8) } as const;
  await expectRefusal(remote(at, { checksum: prefix }), /expected sha256 [0-9a-f]{8}…, seen [0-9a-f]{64}/);
  const right = await server(whole(BODY));
  expectWhole((await get(remote(right, { checksum: prefix }))).path);
});

test("MD5 is checked where it is what is published", async () => {
  const md5 = (digits: string) => ({ checksum: { algorithm: "md5", digits } }) as const;
  const at = await server(whole(new TextEncoder().encode("abc")));
  const size = { bytes: 3, within: 0 };
  // RFC 1321, A.5.
  const { bytes } = await get(remote(at, { size, ...md5("900150983cd24fb0d6963f7d28e17f72") }));
  expect(bytes).toBe(3);
  await expectRefusal(remote(at, { size, ...md5("0".repeat(32)) }), /expected md5 0+, seen 900150983cd24fb0/);
});

test("a size known to within some bytes is held to that", async () => {
  const at = await server(whole(BODY));
  const near = { bytes: BODY.length - 500, within: 525 };
  expectWhole((await get(remote(at, { size: near }))).path);
  await expectRefusal(remote(at, { size: { bytes: BODY.length - 600, within: 525 } }), /longer than/);
  await expectRefusal(remote(at, { size: { bytes: BODY.length + 600, within: 525 } }), /ended after 100000 of 100600/);
});

test("a server that ignores Range begins anew, and the bytes are right", async () => {
  const ignores: Answer = (_, response) => void response.writeHead(200, { "content-length": BODY.length }).end(BODY);
  const at = await server(cutAfter(40_000, BODY), ignores);
  expectWhole((await get(remote(at))).path);
  expect(at.requests[1]).toBe("GET /model.pth bytes=40000-");
});

test("another part than was asked for is not taken; the next try begins anew", async () => {
  const wrongRange: Answer = (_, response) => {
    response.writeHead(206, { "content-range": `bytes 0-${BODY.length - 1}/${BODY.length}` }).end(BODY);
  };
  const at = await server(cutAfter(40_000, BODY), wrongRange, whole(BODY));
  expectWhole((await get(remote(at))).path);
  expect(at.requests).toEqual(["GET /model.pth", "GET /model.pth bytes=40000-", "GET /model.pth"]);
});

test("a part that the server does not have (416) is fetched anew", async () => {
  const at = await server(cutAfter(40_000, BODY), status(416), whole(BODY));
  expectWhole((await get(remote(at))).path);
});

test("a file that changes between two requests is fetched anew", async () => {
  const before = bytes(BODY.length, 3);
  const asked: (string | undefined)[] = [];
  const after = whole(BODY, { etag: '"2"' });
  const at = await server(cutAfter(40_000, before), (request, response) => {
    asked.push(request.headers["if-range"] as string);
    after(request, response);
  });
  expectWhole((await get(remote(at))).path);
  expect(asked).toEqual(['"1"']);
  // One that minds no If-Range, told by its other ETag; and one that says nothing, told by the checksum.
  for (const headers of [{ etag: '"2"' }, {}] as Record<string, string>[]) {
    const careless: Answer = (request, response) => {
      const from = Number(/\d+/.exec(request.headers.range ?? "0")![0]);
      response.writeHead(from > 0 ? 206 : 200, {
        ...headers,
        "content-range": `bytes ${from}-${BODY.length - 1}/${BODY.length}`,
      });
      response.end(BODY.subarray(from));
    };
    const at = await server(cutAfter(40_000, before), careless);
    expectWhole((await get(remote(at))).path);
    expect(at.requests).toHaveLength(3);
  }
});

test("without a checksum parts are joined only where the server names the version", async () => {
  const unknown = { size: undefined, checksum: undefined };
  const named = await server(cutAfter(40_000, BODY), whole(BODY));
  expectWhole((await get(remote(named, unknown))).path);
  expect(named.requests[1]).toBe("GET /model.pth bytes=40000-");
  for (const headers of [{}, { etag: 'W/"1"' }] as Record<string, string>[]) {
    const unnamed = await server(cutAfter(40_000, BODY, headers), whole(BODY, headers));
    expectWhole((await get(remote(unnamed, unknown))).path);
    expect(unnamed.requests[1]).toBe("GET /model.pth");
  }
});

test("without a checksum the one of the first download is noted and held to", async () => {
  const at = await server(whole(BODY));
  const directory = folder();
  const { path } = await get(remote(at, { checksum: undefined }), { directory });
  expect(JSON.parse(readFileSync(`${path}.json`, "utf8"))).toEqual({
    ...{ url: `${at.url}/model.pth`, bytes: BODY.length, sha256: sha256(BODY) },
  });
  writeFileSync(path, bytes(BODY.length, 5));
  const again = get(remote(at, { checksum: undefined }), { directory });
  await expect(again).rejects.toThrow(/expected sha256 .* as when it was fetched, seen .*; delete it/);
});

test("redirects are followed, also to another host; circles, chains and addresses that are none are refused", async () => {
  const other = await server(whole(BODY));
  const at = await server((request, response) => {
    const to: Record<string, string> = {
      "/model.pth": "/moved",
      "/moved": `${other.url}/elsewhere/x`,
      "/circle/model.pth": "/circle/2",
      "/circle/2": "/circle/model.pth",
      "/ftp/model.pth": "ftp://127.0.0.1/x",
    };
    const long = /^\/long(\d*)/.exec(request.url!);
    const location = long === null ? to[request.url!]! : `/long${Number(long[1]) + 1}`;
    response.writeHead(302, { location }).end();
  });
  expectWhole((await get(remote(at))).path);
  const away = (path: string) => remote(at, { url: `${at.url}/${path}/model.pth` });
  await expectRefusal(away("circle"), /in a circle/);
  await expectRefusal(away("long"), /more than 10 times/);
  await expectRefusal(away("ftp"), /no address/);
  expect(other.requests).toEqual(["GET /elsewhere/x"]);
});

test("statuses: what is missing or forbidden is not asked for again, what may pass is, after the time asked for", async () => {
  for (const [code, message] of [
    [404, /not there \(status 404\); give --from/],
    [403, /does not allow it \(status 403\)/],
    [418, /status 418, expected 200/],
  ] as const) {
    const at = await server(status(code));
    await expectRefusal(remote(at), message);
    expect(at.requests).toHaveLength(1);
  }
  const down = await server(status(500));
  await expectRefusal(remote(down), /cannot answer now \(status 500\).*tried 3 times/);
  expect(down.requests).toHaveLength(3);
  const messages: string[] = [];
  const busy = await server(status(503, { "retry-after": "0" }), whole(BODY));
  const patient = { retries: { attempts: 2, wait: 60_000 }, onMessage: (text: string) => messages.push(text) };
  expectWhole((await get(remote(busy), patient)).path);
  expect(messages.join()).toMatch(/status 503.*once more in 0 s/);
});

test("a body is kept as it is sent: compression is asked not to be, and never undone", async () => {
  const zipped = gzipSync(BODY);
  const asked: (string | undefined)[] = [];
  const at = await server((request, response) => {
    asked.push(request.headers["accept-encoding"] as string);
    response.writeHead(200, { "content-encoding": "gzip", "content-length": zipped.length }).end(zipped);
  });
  const checksum = { algorithm: "sha256", digits: sha256(zipped) } as const;
  const { path } = await get(remote(at, { checksum, size: { bytes: zipped.length, within: 0 } }));
  expect(readFileSync(path).equals(zipped)).toBe(true);
  expect(asked).toEqual(["identity"]);
  await expectRefusal(remote(at, { checksum: undefined, size: undefined }), /comes as gzip/);
});

test("chunks without a length; an end that could be a cut is no end", async () => {
  const chunks: Answer = (_, response) => {
    response.write(BODY.subarray(0, 30_000));
    response.end(BODY.subarray(30_000));
  };
  expectWhole((await get(remote(await server(chunks), { size: undefined, checksum: undefined }))).path);
  const cutChunks: Answer = (_, response) => {
    response.write(BODY.subarray(0, 30_000), () => response.socket!.end());
  };
  await expectRefusal(remote(await server(cutChunks), { size: undefined, checksum: undefined }), /cut/);
  const untilClose: Answer = (_, response) => {
    response.socket!.end(Buffer.concat([Buffer.from("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"), BODY]));
  };
  expectWhole((await get(remote(await server(untilClose)))).path);
  await expectRefusal(remote(await server(untilClose), { size: undefined, checksum: undefined }), /told from a cut/);
});

test("hosts that are not there, do not listen, hang up, or do not speak TLS", async () => {
  const file = (url: string) => remote({ url, requests: [], close: async () => undefined });
  await expectRefusal(file("http://nowhere.invalid"), /nowhere\.invalid: (no such host|its name cannot be looked up)/);
  const gone = await serve(whole(BODY));
  await gone.close();
  await expectRefusal(file(gone.url), /refuses the connection.*tried 3 times/);
  const hangsUp = await server((request) => void request.socket.destroy());
  await expectRefusal(file(hangsUp.url), /the connection was cut/);
  await expectRefusal(file(hangsUp.url.replace("http:", "https:")), /does not speak TLS/);
});
