// The run as one HTML page that needs nothing else: no script, no network. Figures are embedded images in four cuts,
// light and dark, wide and narrow, of which the reader's browser picks one.

import { accuracyByStepFigure, accuracyDescription } from "./accuracy-by-step-figure.js";
import { accuracyFigure } from "./accuracy-figure.js";
import { erByAccuracyFigure, erByStepFigure, erDescription } from "./er-figures.js";
import type { FigureStyle } from "./figure-parts.js";
import { grouped, percent, points, significant } from "./format.js";
import { renderSvg } from "./render.js";
import { baselineOf, type ErResult, hasBaseline, type RunReport } from "./run-report.js";
import { STYLE } from "./style.js";
import { answer } from "./summary.js";

/** Figure widths in pixels, and the page width below which the narrow one is shown. */
const WIDE = 680;
const NARROW = 362;
const NARROW_PAGE = "(max-width: 600px)";
const ABOUT_ER = `Effective robustness is the accuracy out of distribution less what the baseline predicts from the accuracy
in distribution. Each interval holds the sampling error of both accuracies and of the fitted line; the highest of many
evaluations is flattered by the choice, and its interval does not make up for that.`;
const ABOUT_NO_ER = `Effective robustness is the accuracy out of distribution less what a baseline of ordinary models predicts
from the accuracy in distribution. This run has no testbed to fit a baseline on, so the page shows accuracies alone; name or build
one with <code>testbed</code> in the configuration.`;
const DARK_SCREEN = "screen and (prefers-color-scheme: dark)";

/**
 * The report of a run as a self-contained HTML page: the answer, the figures, every evaluation, the baseline, the
 * configuration, the manifest and the command. Without a baseline it has accuracies alone, and says so. Follows the reader's
 * light or dark setting and prints light.
 *
 * @throws InputError where the report lacks a split it names, or evaluations
 */
export async function reportHtml(report: RunReport): Promise<string> {
  // First, because it checks the record before any figure is begun.
  const answers = report.oodSplits.map((split) => answer(report, split));
  const figures = await Promise.all(report.oodSplits.map((split) => figuresOf(report, split)));
  const fitted = report.oodSplits.filter((split) => hasBaseline(report, split));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(report.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(report.title)}</h1>
${answers.map((text) => `<p class="answer">${escapeHtml(text)}</p>`).join("\n")}
<p class="note">${fitted.length > 0 ? ABOUT_ER : ABOUT_NO_ER}</p>
${figures.join("\n")}
<h2>Evaluations</h2>
${evaluations(report)}
${fitted.length > 0 ? `<h2>Baseline</h2>\n${fitted.map((split) => baselineTable(report, split)).join("\n")}\n` : ""}<h2>Command</h2>
<pre>${escapeHtml(report.command)}</pre>
<h2>Configuration</h2>
<pre>${json(report.config)}</pre>
<h2>Manifest</h2>
<pre>${json(report.manifest)}</pre>
</main>
</body>
</html>
`;
}

/** Text made safe between tags and inside double-quoted attributes. */
function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

async function figuresOf(report: RunReport, split: string): Promise<string> {
  const fitted = hasBaseline(report, split);
  const among = fitted
    ? `${baselineOf(report, split).baseline.n} testbed models with their fitted line, and this run's evaluations`
    : "this run's evaluations and y = x";
  const pictures = await Promise.all([
    picture(
      (style) => accuracyFigure(report, split, style),
      `Accuracy on ${split} against accuracy on ${report.idSplit}, logit axes: ${among}.`,
    ),
    ...(fitted
      ? [
          picture((style) => erByAccuracyFigure(report, split, style), erDescription(report, split)),
          picture((style) => erByStepFigure(report, split, style), erDescription(report, split)),
        ]
      : [picture((style) => accuracyByStepFigure(report, split, style), accuracyDescription(report, split))]),
  ]);
  return `<h2>${escapeHtml(split)}</h2>\n${pictures.join("\n")}`;
}

async function picture(spec: (style: FigureStyle) => Parameters<typeof renderSvg>[0], alt: string): Promise<string> {
  const draw = async (style: FigureStyle) =>
    `data:image/svg+xml;base64,${Buffer.from(await renderSvg(spec(style))).toString("base64")}`;
  const [light, dark, narrowLight, narrowDark] = await Promise.all([
    draw({ theme: "light", width: WIDE }),
    draw({ theme: "dark", width: WIDE }),
    draw({ theme: "light", width: NARROW }),
    draw({ theme: "dark", width: NARROW }),
  ]);
  return `<figure><picture>
<source media="${DARK_SCREEN} and ${NARROW_PAGE}" srcset="${narrowDark}">
<source media="${DARK_SCREEN}" srcset="${dark}">
<source media="screen and ${NARROW_PAGE}" srcset="${narrowLight}">
<img src="${light}" alt="${escapeHtml(alt)}">
</picture></figure>`;
}

function evaluations(report: RunReport): string {
  const { evaluations, idSplit, oodSplits } = report;
  const first = evaluations[0]!;
  const size = (split: string) => `<small>n = ${grouped(first.splits[split]!.n)}</small>`;
  const head = [
    "step",
    "epoch",
    "learning rate",
    "training loss",
    `${escapeHtml(idSplit)} ${size(idSplit)}`,
    ...oodSplits.flatMap((split) => [
      `${escapeHtml(split)} ${size(split)}`,
      ...(hasBaseline(report, split) ? [`ER, ${escapeHtml(split)} <small>points [95 %]</small>`] : []),
    ]),
  ];
  const rows = evaluations.map(({ step, epoch, learningRate, trainLoss, splits, er }) => [
    grouped(step),
    epoch.toFixed(2),
    significant(learningRate),
    trainLoss === null ? "–" : trainLoss.toFixed(3),
    percent(splits[idSplit]!.accuracy),
    ...oodSplits.flatMap((split) => [
      percent(splits[split]!.accuracy),
      ...(hasBaseline(report, split) ? [erCell(er[split]!)] : []),
    ]),
  ]);
  const starred = evaluations.some(({ er }) => oodSplits.some((split) => er[split]?.extrapolated));
  return `<div class="scroll"><table>
<thead><tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join("")}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n")}
</tbody></table></div>${
    starred
      ? '\n<p class="note">* the ID accuracy lies outside that of the testbed: the baseline is extrapolated.</p>'
      : ""
  }`;
}

function erCell({ er, low, high, extrapolated }: ErResult): string {
  return `${points(er)} [${points(low)}, ${points(high)}]${extrapolated ? "&nbsp;*" : ""}`;
}

function baselineTable(report: RunReport, split: string): string {
  const { baseline } = baselineOf(report, split);
  const rows: [string, string][] = [
    ["models", String(baseline.n)],
    ["slope", `${significant(baseline.slope)} ± ${significant(baseline.stderr)}`],
    ["intercept", `${significant(baseline.intercept)} ± ${significant(baseline.intercept_stderr)}`],
    ["r", significant(baseline.r)],
    ["p of no slope", significant(baseline.p)],
    ["ID accuracies", `${percent(baseline.idRange[0])} to ${percent(baseline.idRange[1])}`],
    ["accuracies of 0 or 1 corrected", String(baseline.corrections.length)],
  ];
  return `<h3>${escapeHtml(split)}</h3>
<p>${baseline.scale}(${escapeHtml(split)}) = ${significant(baseline.intercept)} + ${significant(baseline.slope)} · ${baseline.scale}(${escapeHtml(report.idSplit)}), by least squares; errors are standard errors.</p>
<div class="scroll"><table class="facts"><tbody>
${rows.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`).join("\n")}
</tbody></table></div>
<p class="note">Models: ${baseline.models.map(escapeHtml).join(", ")}.</p>`;
}

function json(value: unknown): string {
  return escapeHtml(JSON.stringify(value, undefined, 2) ?? "");
}
