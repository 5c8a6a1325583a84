// Folders, other addresses and proxies.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { nextAddress } from "../src/download/redirect.js";
import { download } from "../src/index.js";
import { bytes, folder, removeFolders, sha256 } from "./support/files.js";
import { proxy, type Running, serve, whole } from "./support/server.js";

const BODY = bytes(10_000);
/** Refused waits are short; what has to come may take as long as a busy machine needs. */
const FAST = { timeouts: { connect: 60_000, stall: 60_000 }, retries: { attempts: 2, wait: 10 } };
const running: Running[] = [];

removeFolders();
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(running.splice(0).map((server) => server.close()));
});

const PUBLISHED = "https://models.example/a/model.pth";
const file = (url = PUBLISHED) => ({
  url,
  size: { bytes: BODY.length, within: 0 },
  checksum: { algorithm: "sha256", digits: sha256(BODY) } as const,
});

const from = (mirror: string) => download(file(), { directory: folder(), from: mirror, ...FAST });

test("a folder, its address, and a server with a path and a key have the file under its name", async () => {
  const mirror = folder();
  writeFileSync(join(mirror, "model.pth"), BODY);
  const at = await serve(whole(BODY));
  running.push(at);
  for (const place of [mirror, `${mirror}/`, pathToFileURL(mirror).href, `${at.url}/pub`, `${at.url}/pub/?key=1`]) {
    expect(await from(place)).toMatchObject({ fetched: true, sha256: sha256(BODY) });
  }
  expect(at.requests).toEqual(["GET /pub/model.pth", "GET /pub/model.pth?key=1"]);
});

test("a mirror without the file, with a folder or other bytes in its place, or of another kind is refused", async () => {
  const mirror = folder();
  const missing = { name: "InputError", message: expect.stringMatching(/model\.pth: not there; expected the file/) };
  await expect(from(mirror)).rejects.toMatchObject(missing);
  await expect(from(join(mirror, "none"))).rejects.toMatchObject(missing);
  await expect(from("ftp://mirror.example/")).rejects.toMatchObject({
    ...{ name: "InputError", message: expect.stringMatching(/expected a folder, or an address/) },
  });
  writeFileSync(join(mirror, "model.pth"), bytes(BODY.length, 2));
  await expect(from(mirror)).rejects.toThrow(/not the bytes that were expected/);
});

test("a mirror's password is sent, and shown to nobody", async () => {
  let authorization: string | undefined;
  const at = await serve((request, response) => {
    authorization = request.headers.authorization;
    response.end("wrong");
  });
  running.push(at);
  const get = from(`${at.url.replace("//", "//user:secret@")}/pub?key=secret`);
  await expect(get).rejects.toThrow(/^(?!.*secret).*\/pub\/model\.pth: ended after 5 of 10000 bytes/);
  expect(authorization).toBe(`Basic ${btoa("user:secret")}`);
});

test("a proxy for http: is handed the request, and NO_PROXY goes past it", async () => {
  const at = await serve(whole(BODY));
  const between = await proxy();
  running.push(at, between);
  vi.stubEnv("http_proxy", between.url);
  const published = file(`${at.url}/model.pth`);
  await download(published, { directory: folder(), ...FAST });
  expect(between.requests).toEqual([`GET ${at.url}/model.pth`]);
  vi.stubEnv("no_proxy", "127.0.0.1");
  await download(published, { directory: folder(), ...FAST });
  expect(between.requests).toHaveLength(1);
  expect(at.requests).toHaveLength(2);
});

test("a proxy for https: opens a tunnel; one that refuses, or asks who is there, is told from the server", async () => {
  const at = await serve(whole(BODY));
  const [between, refuses, asks] = [await proxy(), await proxy(403), await proxy(407)];
  running.push(at, between, refuses, asks);
  const published = file(`${at.url.replace("http:", "https:")}/model.pth`);
  const get = () => download(published, { directory: folder(), ...FAST });
  vi.stubEnv("https_proxy", between.url);
  // The server speaks no TLS, which only shows once the tunnel is there.
  await expect(get()).rejects.toThrow(/does not speak TLS/);
  expect(between.requests).toEqual([`CONNECT ${new URL(at.url).host}`]);
  vi.stubEnv("https_proxy", refuses.url);
  await expect(get()).rejects.toThrow(/the proxy does not let through to .* \(status 403\)/);
  vi.stubEnv("https_proxy", asks.url);
  await expect(get()).rejects.toThrow(/the proxy does not let through to .* \(status 407\)/);
  vi.stubEnv("https_proxy", "not an address");
  await expect(get()).rejects.toMatchObject({ name: "InputError", message: expect.stringMatching(/no address/) });
});

test("no redirect leads out of TLS", () => {
  const visited = [new URL("https://models.example/a")];
  expect(nextAddress(302, "https://cdn.example/b", visited)?.href).toBe("https://cdn.example/b");
  expect(() => nextAddress(302, "http://cdn.example/b", visited)).toThrow(/without TLS/);
  expect(() => nextAddress(302, undefined, visited)).toThrow(/no address/);
  expect(nextAddress(200, undefined, visited)).toBeUndefined();
});
