// The report as a reader has it before their eyes, in a browser: light and dark, wide and narrow, printed, and without scripts.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordFinishedRun, recordTestbed } from "../../../packages/experiment/test/support/recorded-study.js";
import { noBrowser, type OpenBrowser, openBrowser } from "./support/browser.js";
import { er } from "./support/er.js";
import { allDrawn, axisLabels, clipped, shown, textFaults, tooWide } from "./support/in-page.js";

describe.skipIf(noBrowser())("the report in a browser", () => {
  let directory: string;
  let opened: OpenBrowser;
  const pages: Record<string, string> = {};

  const reportOf = async (name: string, runs: readonly string[]) => {
    const page = join(directory, name, "report.html");
    const { code, stderr } = await er(["report", ...runs, "--out", page, "--quiet"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    pages[name] = page;
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "er-page-"));
    const testbed = recordTestbed(join(directory, "testbed"));
    const run = (name: string, run: { seed: number; testbed?: string; width?: number }) =>
      recordFinishedRun(join(directory, name), run);
    const seeds = [1, 2, 3, 4, 5].map((seed) => run(`seed${seed}`, { seed, testbed }));
    const groups = [8, 12].flatMap((width) =>
      [1, 2].map((seed) => run(`a-setting-with-a-name-of-some-length-${width}-${seed}`, { seed, width })),
    );
    opened = await openBrowser();
    await Promise.all([
      reportOf("a run", seeds.slice(0, 1)),
      reportOf("five seeds", seeds),
      reportOf("two groups without a testbed", groups),
    ]);
  });
  afterAll(async () => {
    await opened?.close();
    rmSync(directory, { recursive: true });
  });

  interface Look {
    readonly dark?: boolean;
    readonly width?: number;
    readonly scripts?: boolean;
  }

  /** Opens a report; what goes wrong meanwhile, and what is asked of elsewhere, is kept in `faults`. */
  async function open(name: string, { dark = false, width = 1280, scripts = true }: Look = {}) {
    const page = await opened.browser.newPage();
    const faults: string[] = [];
    const address = pathToFileURL(pages[name]!).href;
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) faults.push(message.text());
    });
    await page.setRequestInterception(true);
    page.on("request", (request) => {
      if (request.url() === address || request.url().startsWith("data:")) void request.continue();
      else {
        faults.push(`asks for ${request.url()}`);
        void request.abort();
      }
    });
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
    await page.setJavaScriptEnabled(scripts);
    await page.goto(address);
    if (scripts) await page.waitForFunction(allDrawn);
    return { page, faults };
  }

  const names = ["a run", "five seeds", "two groups without a testbed"];
  const looks = [1280, 390].flatMap((width) => [false, true].map((dark) => ({ width, dark })));
  for (const name of names) {
    describe(name, () => {
      it.each(looks)("$width wide, dark $dark: nothing fails, asks elsewhere, overlaps or is cut", async (look) => {
        const { page, faults } = await open(name, look);
        expect(faults).toEqual([]);
        expect(await page.evaluate(tooWide)).toBe(0);
        expect(await page.evaluate(textFaults, "live")).toEqual([]);
        expect(await page.evaluate(clipped)).toEqual([]);
        const figures = await page.evaluate(shown);
        expect(figures.length).toBe(name.startsWith("two") ? 3 : 5);
        for (const figure of figures) expect(figure).toMatchObject({ picture: null, live: true });
        await page.close();
      });

      it("shows its pictures without scripts, in the cut that fits; in none anything overlaps or is cut", async () => {
        const { page } = await open(name, { dark: true, width: 390, scripts: false });
        for (const figure of await page.evaluate(shown)) {
          expect(figure.live).toBe(false);
          expect(figure.picture).toContain("dark");
          expect(figure.picture).toContain("max-width");
        }
        expect(await page.evaluate(textFaults, "pictures")).toEqual([]);
        await page.close();
      });

      it("prints the light pictures, not the live ones", async () => {
        const { page } = await open(name, { dark: true });
        await page.emulateMediaType("print");
        for (const figure of await page.evaluate(shown))
          expect(figure).toMatchObject({ picture: "light", live: false });
        await page.close();
      });
    });
  }

  it("draws anew where the reader turns to dark or makes the window narrow", async () => {
    const { page, faults } = await open("a run");
    const drawing = () =>
      page.$eval(
        "figure .live svg",
        (svg) => `${svg.getAttribute("width")} ${svg.querySelector("rect")?.getAttribute("fill")}`,
      );
    expect(await drawing()).toMatch(/^680 /);
    await page.setViewport({ width: 390, height: 900 });
    await page.waitForFunction(() => document.querySelector("figure .live svg")?.getAttribute("width") === "362");
    const light = await drawing();
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    await page.waitForFunction(
      (fill) => document.querySelector("figure .live svg rect")?.getAttribute("fill") !== fill,
      {},
      light.split(" ")[1]!,
    );
    expect(faults).toEqual([]);
    await page.close();
  });

  it("says what the pointer is on", async () => {
    const { page } = await open("five seeds");
    const tooltip = async (figure: string, mark: string) => {
      const point = (await page.$(`figure[data-figure="${figure}"] .live .${mark} path`))!;
      await point.hover();
      await page.waitForSelector("#vg-tooltip-element.visible");
      const text = await page.$eval("#vg-tooltip-element", (element) => element.textContent ?? "");
      await page.mouse.move(0, 0);
      await page.waitForSelector("#vg-tooltip-element:not(.visible)");
      return text.replaceAll(/\s+/g, " ");
    };
    expect(await tooltip("accuracy-shifted", "run_marks")).toMatch(/run\W*seed\d.*step\W*\d+.*narrow\W*\d+\.\d %/);
    expect(await tooltip("accuracy-shifted", "testbed_marks")).toMatch(/testbed model\W*resnet8-width\d+-step120/);
    expect(await tooltip("er-by-step-shifted", "run_marks")).toMatch(/ER \[95 %\]\W*[+−]?\d+\.\d points \[/);
    expect(await tooltip("dominance-shifted", "cells_marks")).toMatch(/share\W*\d+\.\d % of 400/);
    await page.close();
  });

  it("labels logit axes in per cent, and steps as steps", async () => {
    const { page } = await open("a run");
    const perCent = /^\d+(\.\d+)?%$/;
    const accuracy = await page.evaluate(axisLabels, "accuracy-shifted");
    expect(accuracy.length).toBeGreaterThan(7);
    for (const label of accuracy) expect(label).toMatch(perCent);
    const byAccuracy = await page.evaluate(axisLabels, "er-by-accuracy-shifted");
    expect(byAccuracy.filter((label) => perCent.test(label)).length).toBeGreaterThan(3);
    expect(await page.evaluate(axisLabels, "er-by-step-shifted")).toEqual(
      expect.arrayContaining(["0", "1", "3", "10", "30", "100"]),
    );
    await page.close();
  });
});
