import { describe, expect, it } from "vitest";
import { answer, type RunReport, reportHtml, summaryTable } from "../src/index.js";
import { run, withoutBaseline } from "./synthetic-run.js";

const SPLIT = "cifar10.1-v4";

describe("the HTML report", async () => {
  const html = await reportHtml(run);
  it("needs nothing but itself: no script, no link, no address", () => {
    expect(html).not.toMatch(/<script|<link|<iframe|@import|javascript:/i);
    const targets = [...html.matchAll(/(?:src|srcset|href)\s*=\s*"([^"]{0,40})/g)].map(([, target]) => target!);
    expect(targets).toHaveLength(3 * 4);
    for (const target of targets) expect(target).toMatch(/^data:image\/svg\+xml;base64,/);
    for (const [, image] of html.matchAll(/base64,([^"]+)"/g)) {
      const svg = Buffer.from(image!, "base64").toString();
      expect(svg).toMatch(/^<svg /);
      expect(svg).not.toMatch(/href="(?!#)|<script|@import/);
    }
  });
  it("says the answer, every evaluation, the command, the configuration and the manifest", () => {
    expect(html).toContain(answer(run, SPLIT).replaceAll("'", "&#39;"));
    expect(html.match(/<tr><td>/g)).toHaveLength(run.evaluations.length);
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
    const page = await reportHtml(nasty);
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;");
    for (const [, image] of page.matchAll(/base64,([^"]+)"/g)) {
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
    expect(answer(bare, SPLIT)).toContain("there is no baseline, hence no effective robustness");
    expect(html).toContain(answer(bare, SPLIT));
    expect(html).not.toContain("<h2>Baseline</h2>");
    expect(html).not.toContain("ER, ");
  });
  it("shows accuracy against accuracy and by step, and every evaluation", () => {
    expect([...html.matchAll(/<figure>/g)]).toHaveLength(2);
    expect(html.match(/<tr><td>/g)).toHaveLength(run.evaluations.length);
    expect(html).not.toMatch(/NaN|undefined/);
  });
  it("has a table for the terminal without a column of effective robustness", () => {
    const lines = summaryTable(bare).split("\n");
    expect(lines.find((line) => line.includes("epoch"))).toMatch(/cifar10-test +cifar10\.1-v4$/);
    expect(lines.at(-1)).toBe("n = 10000 in, 2021 out of distribution");
  });
});

describe("the answer", () => {
  const at = (step: number, er: number, low: number, high: number, extrapolated: boolean) => ({
    ...run.evaluations[0]!,
    step,
    splits: {
      "cifar10-test": { n: 100, correct: 80, accuracy: 0.8 },
      [SPLIT]: { n: 100, correct: 70, accuracy: 0.7 },
    },
    er: { [SPLIT]: { er, low, high, predicted: 0.7 - er, extrapolated } },
  });
  it("gives peak, interval, step, ID accuracy and significance, then the end", () => {
    const evaluations = [
      at(0, 0, -0.01, 0.01, false),
      at(10, 0.031, 0.012, 0.05, false),
      at(99, -0.03, -0.05, -0.01, false),
    ];
    expect(answer({ ...run, evaluations }, SPLIT)).toBe(
      "Effective robustness on cifar10.1-v4 was highest at step 10 (80.0 % on cifar10-test): +3.1 points (95 % interval +1.2 to " +
        "+5.0), significantly above 0; at the end, at step 99 (80.0 % on cifar10-test), it was −3.0 points (95 % interval " +
        "−5.0 to −1.0), significantly below 0.",
    );
  });
  it("says where the baseline is extrapolated, and the peak where it is not", () => {
    const evaluations = [at(0, 0.1, -0.01, 0.2, true), at(10, 0.02, 0.01, 0.03, false), at(99, 0, -0.01, 0.01, false)];
    const text = answer({ ...run, evaluations }, SPLIT);
    expect(text).toContain("outside the baseline's 82.0 % to 97.1 %, so extrapolated): +10.0 points");
    expect(text).toContain("not significantly different from 0; at the end");
    expect(text).toContain("Within the baseline's range it was highest at step 10");
  });
  it("refuses steps that do not rise", () => {
    const evaluations = [at(5, 0, 0, 0, false), at(5, 0, 0, 0, false)];
    expect(() => answer({ ...run, evaluations }, SPLIT)).toThrow("step 5 comes after step 5");
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
