// er report --serve: a run that goes on, in an open page; and the command around it.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  beginRun,
  evaluateRun,
  finishRun,
  recordTestbed,
  reportTraining,
  STEPS,
} from "../../../packages/experiment/test/support/recorded-study.js";
import { noBrowser, type OpenBrowser, openBrowser } from "./support/browser.js";
import { er } from "./support/er.js";
import { allDrawn, runPoints } from "./support/in-page.js";

const main = new URL("../dist/main.js", import.meta.url).pathname;
const FIGURE = "er-by-step-shifted";

let directory: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "er-served-"));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true });
});

/** Starts the command; resolves once it has said its address. */
async function serve(...args: string[]): Promise<{ address: string; stop(signal: NodeJS.Signals): Promise<number> }> {
  const child = spawn(process.execPath, [main, "report", ...args, "--serve", "--json", "--quiet"]);
  started.push(child);
  const ended = new Promise<number>((resolve) => child.on("close", (code) => resolve(code ?? -1)));
  const address = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      if (text.endsWith("}\n")) resolve((JSON.parse(text) as { address: string }).address);
    });
    child.on("close", () => reject(new Error(`ended without an address: ${text}`)));
  });
  return {
    address,
    stop: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

describe("the command", () => {
  it("ends by Ctrl-C in good order, whoever listens", async () => {
    const { address, stop } = await serve(join(directory, "run"));
    expect((await fetch(address)).status).toBe(200);
    const listening = await fetch(`${address}events`);
    expect(await stop("SIGINT")).toBe(0);
    await listening.body!.cancel();
  });
  it.each([
    [["--serve", "--out", "a.html"], "--out: --serve writes nothing"],
    [["--port", "1"], "--port: of --serve alone"],
    [["--serve", "--port", "70000"], "--port 70000: expected a port"],
    [["--serve", "--port", "x"], "--port x: expected a port"],
  ])("refuses %s in one line", async (args, message) => {
    const { code, stderr } = await er(["report", join(directory, "run"), ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe.skipIf(noBrowser())("an open page", () => {
  let opened: OpenBrowser;
  beforeAll(async () => {
    opened = await openBrowser();
  });
  afterAll(() => opened?.close());

  async function open(address: string): Promise<{ page: Page; faults: string[] }> {
    const page = await opened.browser.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) faults.push(message.text());
    });
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(address);
    // A page that is loaded anew has forgotten this.
    await page.evaluate(() => Object.assign(window, { stayed: true }));
    return { page, faults };
  }
  const stayed = (page: Page) => page.evaluate(() => "stayed" in window);
  const waitForText = (page: Page, selector: string, text: string) =>
    page.waitForFunction(
      (selector, text) => document.querySelector(selector)?.textContent?.includes(text),
      {},
      selector,
      text,
    );
  const waitForPoints = (page: Page, points: number) =>
    page.waitForFunction(
      (figure, points) =>
        document.querySelectorAll(`figure[data-figure="${figure}"] .live .run_marks path`).length === points,
      {},
      FIGURE,
      points,
    );

  it("fills in as a run begins, trains, is evaluated and ends, and keeps the reader's place", async () => {
    const testbed = recordTestbed(join(directory, "testbed"));
    const run = join(directory, "run");
    const { address } = await serve(run);
    const { page, faults } = await open(address);
    await waitForText(page, "#progress", "has not begun");
    await waitForText(page, "main", "none of the runs has been evaluated");
    await waitForText(page, "#status", "following");
    beginRun(run, { seed: 1, testbed });
    reportTraining(run, "pretrain", 8, 2.5);
    await waitForText(page, "#progress", "pre-training, step 8 of 40, loss 2.500");

    for (const step of STEPS.slice(0, 3)) evaluateRun(run, 1, step);
    await waitForPoints(page, 3);
    await page.waitForFunction(allDrawn);
    const place = await page.evaluate(() => {
      document.querySelector("details")!.open = true;
      window.scrollTo(0, 700);
      return window.scrollY;
    });
    expect(place).toBe(700);
    evaluateRun(run, 1, STEPS[3]!);
    await waitForPoints(page, 4);
    expect(await page.evaluate(() => [window.scrollY, document.querySelector("details")!.open])).toEqual([700, true]);

    // The pointer is answered by what was drawn anew.
    await page.hover(`figure[data-figure="${FIGURE}"] .live .run_marks path`);
    await page.waitForSelector("#vg-tooltip-element.visible");

    finishRun(run);
    await waitForText(page, "main", "Unsolved by the testbed");
    expect(await page.$eval("#progress", ({ textContent }) => textContent)).toBe("");
    expect(await page.evaluate(runPoints, FIGURE)).toBe(4);
    expect(await stayed(page)).toBe(true);
    expect(faults).toEqual([]);
    await page.close();
  });

  it("says that the connection is lost, and takes what it missed once it is back", async () => {
    const testbed = recordTestbed(join(directory, "testbed"));
    const run = beginRun(join(directory, "run"), { seed: 1, testbed });
    evaluateRun(run, 1, 0);
    const first = await serve(run, "--no-examples");
    const { page } = await open(first.address);
    await waitForPoints(page, 1);
    await waitForText(page, "#status", "following");
    expect(await first.stop("SIGTERM")).toBe(0);
    await waitForText(page, "#status", "connection lost");
    evaluateRun(run, 1, 1);
    await serve(run, "--no-examples", "--port", new URL(first.address).port);
    await waitForPoints(page, 2);
    await waitForText(page, "#status", "following");
    expect(await stayed(page)).toBe(true);
    await page.close();
  });

  it("runs no script and asks nobody for anything, whatever a run is called", async () => {
    const testbed = recordTestbed(join(directory, "testbed"));
    const evil = join(
      directory,
      "</script><script>window.evil = true<",
      "script><img src=http:evil.example onerror=evil=1>",
    );
    const runs = [evil, join(directory, "other")].map((run, i) => beginRun(run, { seed: i, testbed }));
    for (const [i, run] of runs.entries()) evaluateRun(run, i, 0);
    const { address } = await serve(...runs);
    const page = await opened.browser.newPage();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(address);
    await page.waitForFunction(allDrawn);
    await waitForText(page, "main", "onerror=evil=1");
    expect(await page.evaluate(() => "evil" in window)).toBe(false);
    expect(asked.filter((url) => !url.startsWith(address) && !url.startsWith("data:"))).toEqual([]);
    // Even a script that came into the page would not run, and nothing outside it could be reached.
    const refused = await page.evaluate(async () => {
      document.body.insertAdjacentHTML("beforeend", '<img src="x" onerror="window.evil = true">');
      const script = document.createElement("script");
      script.textContent = "window.evil = true";
      document.body.append(script);
      return await fetch("http://127.0.0.2:1/").then(
        () => "reached",
        () => "refused",
      );
    });
    expect(refused).toBe("refused");
    expect(await page.evaluate(() => "evil" in window)).toBe(false);
    await page.close();
  });
});
