// The report server as a client meets it, without a browser: what it answers, whom it refuses, what it says of runs that go on.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ReportServer, type ServeOptions, serveReport } from "../src/index.js";
import {
  beginRun,
  evaluateRun,
  finishRun,
  recordFinishedRun,
  recordTestbed,
  reportTraining,
} from "./support/recorded-study.js";

let directory: string;
let server: ReportServer | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "er-serve-"));
});
afterEach(async () => {
  server?.close();
  await server?.closed;
  server = undefined;
  rmSync(directory, { recursive: true });
});

async function serve(runs: readonly string[], options: Partial<ServeOptions> = {}): Promise<string> {
  server = await serveReport(runs, { examples: false, interval: 20, ...options });
  return server.address;
}

const page = async (address: string) => (await fetch(address)).text();
/** What the page says of the runs that are not finished. */
const progressOf = (html: string) => /<div id="progress"[^>]*>(.*?)<\/div>/.exec(html)?.[1];

/** Listens until an event comes for which `wanted` is true; resolves with it. */
async function nextEvent(address: string, wanted: (event: string) => boolean, headers = {}): Promise<string> {
  const { body } = await fetch(`${address}events`, { headers });
  let text = "";
  for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const found = text.split("\n\n").slice(0, -1).find(wanted);
    if (found !== undefined) return found;
  }
  throw new Error(`the stream ended without it: ${text}`);
}

/** A request whose head is as given, which fetch does not allow. */
function status(address: string, method: string, path: string, headers = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(address);
    request({ hostname, port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

describe("what it answers", () => {
  it("is on this machine alone, at a free port; another server cannot have the same", async () => {
    const address = await serve([join(directory, "run")]);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const port = Number(new URL(address).port);
    await expect(serveReport([directory], { examples: false, port })).rejects.toMatchObject({
      name: "InputError",
      message: `port ${port}: is in use; give another, or none for a free one`,
    });
  });
  it("is the page at / and nothing elsewhere, to GET and HEAD, under its own name", async () => {
    const address = await serve([join(directory, "run")]);
    const { port } = new URL(address);
    expect(await status(address, "GET", "/")).toBe(200);
    expect(await status(address, "HEAD", "/")).toBe(200);
    expect(await status(address, "HEAD", "/events")).toBe(200);
    expect(await status(address, "GET", "/", { host: `localhost:${port}` })).toBe(200);
    for (const path of ["/config.json", "/../etc/passwd", "//", "/events/", "*"]) {
      expect(await status(address, "GET", path), path).toBe(404);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) expect(await status(address, method, "/")).toBe(405);
    expect(await status(address, "GET", "/", { host: "evil.example" })).toBe(403);
    expect(await status(address, "GET", "/events", { host: `evil.example:${port}` })).toBe(403);
  });
  it("is kept by nobody, and lets scripts of its own run alone", async () => {
    const address = await serve([join(directory, "run")]);
    const { headers } = await fetch(address);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("cache-control")).toBe("no-store");
    const policy = headers.get("content-security-policy")!;
    expect(policy).toContain("default-src 'none'");
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)![1]!;
    const scripts = [...(await page(address)).matchAll(/<script(?! type="application\/json")[^>]*>/g)];
    expect(scripts).toHaveLength(3);
    for (const [tag] of scripts) expect(tag).toContain(`nonce="${nonce}"`);
  });
});

describe("what it says of runs that go on", () => {
  it("follows a run from before it exists until it is finished", async () => {
    const run = join(directory, "run");
    const address = await serve([run]);
    expect(await page(address)).toContain("none of the runs has been evaluated");
    expect(progressOf(await page(address))).toContain("has not begun");

    beginRun(run, { seed: 1 });
    await nextEvent(address, (event) => event.includes("nothing trained yet"));
    reportTraining(run, "pretrain", 8, 2.5);
    await nextEvent(address, (event) => event.includes("pre-training, step 8 of 40, loss 2.500"));

    evaluateRun(run, 1, 0);
    await nextEvent(address, (event) => event.startsWith("event: report"));
    reportTraining(run, "train", 16, 1.25);
    await nextEvent(address, (event) => event.includes("fine-tuning, step 16 of 100, loss 1.250"));
    const html = await page(address);
    expect(html).toContain("<h2>Evaluations</h2>");
    expect(progressOf(html)).toContain("fine-tuning, step 16 of 100, loss 1.250");

    finishRun(run);
    await nextEvent(address, (event) => event.startsWith("event: progress") && !event.includes("<li>"));
    expect(progressOf(await page(address))).toBe("");
  });
  it("waits for a baseline that is being built, model by model", async () => {
    const run = beginRun(join(directory, "run"), { seed: 1 });
    const build = { widths: [4, 8], points: 2, train: { steps: 10 } };
    const config = {
      ...{ seed: 1, model: { name: "resnet8", width: 4 }, train: { steps: 100 }, testbed: { build } },
      data: { train: "npz:a", id: { name: "narrow", spec: "npz:a" }, ood: { shifted: "npz:b" } },
    };
    writeFileSync(join(run, "config.json"), JSON.stringify(config));
    const address = await serve([run]);
    expect(progressOf(await page(address))).toContain("builds its baseline, 0 of 4 models so far");
    recordTestbed(join(run, "testbed"));
    const model = { model: "a", width: 4, seed: 1, step: 5, adapter: "none", trainLoss: 1, splits: {} };
    writeFileSync(
      join(run, "testbed", "testbed.json"),
      JSON.stringify({ finished: false, id: "narrow", config, models: [model] }),
    );
    await nextEvent(address, (event) => event.includes("builds its baseline, 1 of 4 models so far"));
  });
  it("shows the runs that are evaluated and says what the others wait for", async () => {
    const first = recordFinishedRun(join(directory, "first"), { seed: 1 });
    const html = await page(await serve([first, join(directory, "second")]));
    expect(html).toContain("<h2>Evaluations</h2>");
    expect(progressOf(html)).toMatch(/^<ul><li><b>second<\/b> has not begun/);
  });
  it("looks at the runs example by example once all are finished, and not before", async () => {
    const testbed = recordTestbed(join(directory, "testbed"));
    const first = recordFinishedRun(join(directory, "first"), { seed: 1, testbed });
    const second = beginRun(join(directory, "second"), { seed: 2, testbed });
    evaluateRun(second, 2, 0);
    const said: string[] = [];
    const onProgress: ServeOptions["onProgress"] = (progress) => {
      if (progress.kind === "message") said.push(progress.text);
    };
    const address = await serve([first, second], { examples: true, onProgress });
    expect(await page(address)).not.toContain("Unsolved by the testbed");
    expect(said).toEqual([]);
    finishRun(second);
    await expect.poll(() => page(address), { timeout: 20_000 }).toContain("Unsolved by the testbed");
    expect(said).toEqual(["looking at the runs example by example"]);
  });
  it("says what is wrong with a record, and goes on once it is mended", async () => {
    const run = beginRun(join(directory, "run"), { seed: 1 });
    writeFileSync(join(run, "metrics.jsonl"), "{");
    const address = await serve([run]);
    expect(progressOf(await page(address))).toContain("metrics.jsonl:1: not JSON");
    rmSync(join(run, "metrics.jsonl"));
    evaluateRun(run, 1, 0);
    await expect.poll(() => page(address)).toContain("<h2>Evaluations</h2>");
  });
  it("escapes what it names", async () => {
    const evil = join(directory, '<img src=x onerror="alert(1)">');
    const address = await serve([evil]);
    expect(await page(address)).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
    expect(await page(address)).not.toContain("<img src=x");
    const event = await nextEvent(address, (event) => event.startsWith("event: progress"));
    expect(event).toContain("&lt;img src=x");
    expect(event).not.toContain("<img");
  });
});

describe("events", () => {
  it("come to everybody who listens, in the state of the page that they have", async () => {
    const run = beginRun(join(directory, "run"), { seed: 1 });
    const address = await serve([run]);
    const version = /data-events="\/events\?page=([^"]+)"/.exec(await page(address))![1]!;
    // A page of this version hears of no report until there is one; any other hears of it at once.
    const first = (headers: object) => nextEvent(address, (event) => event.startsWith("event: "), headers);
    expect(await first({ "last-event-id": version })).toMatch(/^event: progress/);
    expect(await first({ "last-event-id": "older" })).toBe(`event: report\nid: ${version}\ndata: new`);
    const told = [1, 2, 3].map(() =>
      nextEvent(address, (event) => event.startsWith("event: report"), { "last-event-id": version }),
    );
    evaluateRun(run, 1, 0);
    const events = await Promise.all(told);
    expect(new Set(events).size).toBe(1);
    expect(events[0]).not.toContain(version);
  });
  it("the same record has the same version in another server, so that a page that comes back need not be renewed", async () => {
    const run = recordFinishedRun(join(directory, "run"), { seed: 1 });
    const versionOf = async () => /data-events="([^"]+)"/.exec(await page(await serve([run])))![1];
    const before = await versionOf();
    server!.close();
    await server!.closed;
    expect(await versionOf()).toBe(before);
  });
  it("end when the server is closed, which does not wait for those who listen", async () => {
    const address = await serve([join(directory, "run")]);
    const { body } = await fetch(`${address}events`);
    server!.close();
    await server!.closed;
    const rest = await new Response(body).text().catch((error: unknown) => String(error));
    expect(rest).toMatch(/retry: 1000|terminated/);
    await expect(fetch(address)).rejects.toThrow();
  });
});
