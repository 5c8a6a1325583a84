// docs/effective-robustness.md held to what its commands print and draw; `npx vitest run test/effective-robustness-page -u` writes them anew.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  describeNamedTestbed,
  fitBaseline,
  logit,
  namedTestbed,
  predictOod,
  SCALE_NAMES,
  selectModels,
} from "../packages/metrics/src/index.js";

const root = new URL("..", import.meta.url).pathname;
const file = join(root, "docs/effective-robustness.md");
const page = readFileSync(file, "utf8");
const CUT = "…";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-page-"));
  mkdirSync(join(directory, "docs/figures"), { recursive: true });
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What a command of the page prints, which begins with `er` or `node`. */
async function output(command: string): Promise<string[]> {
  const [program, ...args] = command.split(" ");
  const script = program === "er" ? "apps/er/dist/main.js" : args.shift()!;
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, script), ...args], { cwd: directory });
  return stdout.trimEnd().split("\n");
}

/** A block's commands, each followed by what it prints, or by as much as the page shows before a line `…`. */
async function printed(block: string): Promise<string> {
  const lines: string[] = [];
  for (const part of block.split(/^(?=\$ )/m)) {
    const [command, ...shown] = part.trimEnd().split("\n");
    const all = await output(command!.slice(2));
    lines.push(command!, ...(shown.at(-1) === CUT ? [...all.slice(0, shown.length - 1), CUT] : all));
  }
  return lines.join("\n");
}

describe("the page on effective robustness", () => {
  it("shows what its commands print and draw", async () => {
    let fresh = page;
    for (const [whole, block] of page.matchAll(/```console\n([\s\S]*?)\n```/g)) {
      fresh = fresh.replace(whole, `\`\`\`console\n${await printed(block!)}\n\`\`\``);
    }
    await expect(fresh).toMatchFileSnapshot(file);
    const drawn = readdirSync(join(directory, "docs/figures"));
    expect(drawn).toHaveLength(5);
    for (const name of drawn) {
      const svg = readFileSync(join(directory, "docs/figures", name), "utf8");
      await expect(svg).toMatchFileSnapshot(join(root, "docs/figures", name));
    }
  });

  it("has a figure for each that it names", () => {
    const named = [...page.matchAll(/\]\((figures\/[^)]+)\)/g)].map(([, path]) => path!);
    expect(named.length).toBeGreaterThan(0);
    for (const path of named) expect(readFileSync(join(root, "docs", path), "utf8")).toMatch(/^<svg /);
  });

  it("compares the scales by the fits themselves", () => {
    const cells = (name: string, rule: "all" | "standard" | "low-accuracy") => {
      const { models } = selectModels(namedTestbed(name), rule, describeNamedTestbed(name));
      return SCALE_NAMES.flatMap((scale) => {
        const { r, residualStdDev } = fitBaseline(models, { scale });
        return [r.toFixed(4), residualStdDev.toFixed(4)];
      });
    };
    const imagenet = ["imagenetv2-matched-frequency", "objectnet", "imagenet-r"];
    for (const [name, rule] of [
      ["cifar10.1-v6", "all"] as const,
      ...imagenet.flatMap((name) => [[name, "standard"] as const, [name, "low-accuracy"] as const]),
    ]) {
      const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\``) && line.includes(`\`${rule}\``));
      expect(
        row
          ?.split("|")
          .slice(3, -1)
          .map((cell) => cell.trim()),
      ).toEqual(cells(name, rule));
    }
  });

  it("works one ER through by hand as it is computed", () => {
    const models = namedTestbed("objectnet");
    const baseline = fitBaseline(selectModels(models, "standard", describeNamedTestbed("objectnet")).models);
    const { id, ood } = models.find(({ model }) => model === "vit_b_32_clip_zeroshot")!;
    const x = logit(id.accuracy);
    const y = baseline.intercept + baseline.slope * x;
    const predicted = predictOod(baseline, id.accuracy);
    const signed = (value: number) => value.toFixed(4).replace("-", "−");
    expect(page).toContain(
      [
        `ID accuracy           ${id.correct} / ${id.n} = ${id.accuracy.toFixed(4)}`,
        `OOD accuracy          ${ood.correct} / ${ood.n} = ${ood.accuracy.toFixed(4)}`,
        `logit of ID accuracy  ln(${id.accuracy.toFixed(4)} / ${(1 - id.accuracy).toFixed(4)}) = ${signed(x)}`,
        `on the line           ${signed(baseline.intercept)} + ${signed(baseline.slope)} · ${signed(x)} = ${signed(y)}`,
        `back from the logit   1 / (1 + e^${(-y).toFixed(4)}) = ${predicted.toFixed(4)}`,
        `ER                    ${ood.accuracy.toFixed(4)} − ${predicted.toFixed(4)} = ${(ood.accuracy - predicted).toFixed(4)}, or ${(100 * (ood.accuracy - predicted)).toFixed(1)} points`,
      ].join("\n"),
    );
  });
});
