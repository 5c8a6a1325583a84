import { predictOod } from "@er/metrics";
import { describe, expect, it } from "vitest";
import { answer as answerOf, reportHtml as pageOf, type RunReport, studyOf, summaryTable } from "../src/index.js";
import { baseline, run, withoutBaseline } from "./synthetic-run.js";

const SPLIT = "cifar10.1-v4";
const reportHtml = (report: RunReport) => pageOf(studyOf(report));
const answer = (report: RunReport, split: string) => answerOf(studyOf(report), studyOf(report).groups[0]!, split);
/** The page without its scripts, which hold much that is no page. */
const withoutScripts = (html: string) => html.replace(/<script[\s\S]*?<\/script>/g, "");

const sectionOf = (html: string, title: string) => html.split(`<h2>${title}</h2>`)[1]!.split("<h2>")[0]!;

describe("the HTML report", async () => {
  const html = await reportHtml(run);
  it("needs nothing but itself: no link, no address, and no script to be read", () => {
    const page = withoutScripts(html);
    expect(page).not.toMatch(/<script|<link|<iframe|@import|javascript:/i);
    const targets = [...page.matchAll(/(?:src|srcset|href)\s*=\s*"([^"]{0,40})/g)].map(([, target]) => target!);
    expect(targets).toHaveLength(3 * 5);
    for (const target of targets) expect(target).toMatch(/^data:(image\/svg\+xml|text\/csv);base64,/);
    for (const [, image] of page.matchAll(/svg\+xml;base64,([^"]+)"/g)) {
      const svg = Buffer.from(image!, "base64").toString();
      expect(svg).toMatch(/^<svg /);
      expect(svg).not.toMatch(/href="(?!#)|<script|@import/);
    }
  });
  it("has for its scripts every figure in four cuts, each table once", () => {
    const store = JSON.parse(/id="figures">([\s\S]*?)<\/script>/.exec(html)![1]!) as {
      tables: object[][];
      figures: Record<string, Record<string, object>>;
    };
    expect(Object.keys(store.figures)).toEqual([`accuracy-${SPLIT}`, `er-by-accuracy-${SPLIT}`, `er-by-step-${SPLIT}`]);
    for (const cuts of Object.values(store.figures)) expect(Object.keys(cuts)).toHaveLength(4);
    expect(new Set(store.tables.map((table) => JSON.stringify(table))).size).toBe(store.tables.length);
    expect(store.tables.some((table) => table.length === 30)).toBe(true);
    expect(html).not.toMatch(/<script[^>]* src=/);
  });
  it("says the answer, every evaluation, the command, the configuration and the manifest", () => {
    expect(html).toContain(answer(run, SPLIT).replaceAll("'", "&#39;"));
    expect(sectionOf(html, "Evaluations").match(/<tr><td>/g)).toHaveLength(run.evaluations.length);
    expect(html).toContain(run.command);
    expect(html).toContain("&quot;nesterov&quot;: true");
    expect(html).toContain("SwiftShader");
    expect(html).toContain("0.8385 ± 0.02229");
  });
  it("follows the reader's dark setting and fits a phone", () => {
    expect(html).toContain('media="screen and (prefers-color-scheme: dark)"');
    expect(html).toContain('media="screen and (max-width: 600px)"');
    expect(html).toContain('name="viewport"');
  });
  it("escapes everything it was given", async () => {
    const evil = `<script>alert("1")</script>'&`;
    const renamed = <T>(parts: Readonly<Record<string, T>>) =>
      Object.fromEntries(Object.entries(parts).map(([key, value]) => [key === SPLIT ? evil : key, value]));
    const nasty: RunReport = {
      ...run,
      title: evil,
      command: evil,
      config: { [evil]: evil },
      manifest: evil,
      oodSplits: [evil],
      baseline: renamed(
        Object.fromEntries(
          Object.entries(run.baseline).map(([key, { baseline, models }]) => [
            key,
            { baseline: { ...baseline, models: [evil, ...baseline.models.slice(1)] }, models },
          ]),
        ),
      ),
      evaluations: run.evaluations.map((e) => ({ ...e, splits: renamed(e.splits), er: renamed(e.er) })),
    };
    const whole = await reportHtml(nasty);
    expect(whole.match(/<script/g)).toHaveLength(html.match(/<script/g)!.length);
    const page = withoutScripts(whole);
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;");
    for (const [, image] of page.matchAll(/svg\+xml;base64,([^"]+)"/g)) {
      expect(Buffer.from(image!, "base64").toString()).not.toContain("<script");
    }
  });
  it("refuses a run without evaluations, as a mistake of the user", async () => {
    const empty = reportHtml({ ...run, evaluations: [] });
    await expect(empty).rejects.toMatchObject({
      name: "InputError",
      message: expect.stringContaining("no evaluations"),
    });
  });
});

describe("the report of a run without a testbed", async () => {
  const bare = withoutBaseline(run);
  const html = await reportHtml(bare);
  it("says that there is no baseline, hence no effective robustness", () => {
    expect(answer(bare, SPLIT)).toMatch(
      /^At the end, at step 4096, accuracy was .* % on cifar10-test and .* % on cifar10\.1-v4\./,
    );
    expect(answer(bare, SPLIT)).toContain("no baseline, hence no effective robustness");
    expect(html).toContain(answer(bare, SPLIT));
    expect(html).not.toContain("<h2>Baseline</h2>");
    expect(html).not.toContain("ER, ");
  });
  it("shows accuracy against accuracy and by step, and every evaluation", () => {
    const page = withoutScripts(html);
    expect([...page.matchAll(/<figure /g)]).toHaveLength(2);
    expect(page.match(/<tr><td>/g)).toHaveLength(run.evaluations.length);
    expect(page).not.toMatch(/NaN|undefined/);
  });
  it("has a table for the terminal without a column of effective robustness", () => {
    const lines = summaryTable(bare).split("\n");
    expect(lines.find((line) => line.includes("epoch"))).toMatch(/cifar10-test +cifar10\.1-v4$/);
    expect(lines.at(-1)).toBe("n = 10000 in, 2021 out of distribution");
  });
});

describe("the answer", () => {
  /** An evaluation so far above the line, in points, at an ID accuracy. */
  const at = (step: number, er: number, id = 0.9) => {
    const [n, m] = [10_000, 2021];
    const ood = Math.round(m * (predictOod(baseline, id) + er));
    return {
      ...run.evaluations[0]!,
      step,
      splits: {
        "cifar10-test": { n, correct: Math.round(id * n), accuracy: id },
        [SPLIT]: { n: m, correct: ood, accuracy: ood / m },
      },
    };
  };
  const said = (...evaluations: ReturnType<typeof at>[]) => answer({ ...run, evaluations }, SPLIT);
  it("gives peak, interval, step and ID accuracy, judges the peak over all evaluations, then the end", () => {
    expect(said(at(0, 0), at(10, 0.08), at(99, -0.06))).toMatch(
      /^Effective robustness on cifar10\.1-v4 was highest at step 10 \(90\.0 % on cifar10-test\): \+8\.0 points \(95 % interval \+6\.\d to \+9\.\d\), as the highest of 3 evaluations \+5\.\d to \+10\.\d: significantly above 0; at the end, at step 99 \(90\.0 % on cifar10-test\), it was −6\.0 points \(95 % interval −\d\.\d to −\d\.\d\), significantly below 0\.$/,
    );
  });
  it("does not take a peak for one that is within the chance of many evaluations", () => {
    const one = said(at(10, 0.025));
    expect(one).toContain("significantly above 0; that is the last evaluation");
    const many = said(...Array.from({ length: 30 }, (_, step) => at(step, step === 10 ? 0.025 : 0)));
    expect(many).toMatch(/as the highest of 30 evaluations −.*: not significantly different from 0; at the end/);
  });
  it("tells no peak where the baseline is extrapolated, unless it is everywhere, which it says first", () => {
    const text = said(at(0, 0.1, 0.5), at(10, 0.02), at(99, 0));
    expect(text).toContain("was highest of those within the baseline's range at step 10 (90.0 %");
    expect(text).not.toContain("+10.0 points");
    const outside = said(at(0, 0.1, 0.5));
    expect(outside).toMatch(
      /^At every evaluation the line is extrapolated, so what follows rests on no ordinary model/,
    );
    expect(outside).toContain("outside the baseline's 82.0 % to 97.1 %, so extrapolated): +10.0 points");
  });
  it("refuses steps that do not rise", () => {
    expect(() => said(at(5, 0), at(5, 0))).toThrow("step 5 comes after step 5");
  });
});

describe("the table for the terminal", () => {
  it("has a line an evaluation and none over 100 columns, however long the split's name", () => {
    const long = "a-very-long-split-name-".repeat(8);
    const splits = (parts: Record<string, { n: number; correct: number; accuracy: number }>) => ({
      ...parts,
      [long]: parts["cifar10-test"]!,
    });
    const wide = {
      ...run,
      idSplit: long,
      evaluations: run.evaluations.map((e) => ({ ...e, step: e.step * 100_000, splits: splits(e.splits) })),
    };
    for (const report of [run, wide]) {
      const lines = summaryTable(report).split("\n");
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
      expect(lines.filter((line) => /\[ *[+−]?\d+\.\d, /.test(line))).toHaveLength(run.evaluations.length);
    }
  });
  it("says which evaluations are extrapolated", () => {
    const text = summaryTable(run);
    const expected = run.evaluations.filter(({ er }) => er[SPLIT]!.extrapolated).length;
    expect(text.match(/\] {2}extrapolated$/gm)).toHaveLength(expected);
  });
});
