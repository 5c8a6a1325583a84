// The lines that effective robustness is measured against, and the models that they were fitted on.

import { escapeHtml } from "../escape-html.js";
import { percent, significant } from "../format.js";
import { factsTable } from "../html-table.js";
import { baselineOfStudy, isFitted, type Study } from "../study.js";

/** A line an OOD split that has one. */
export function baselinesSection(study: Study): string {
  const fitted = study.oodSplits.filter((split) => isFitted(study, split));
  return fitted.length === 0
    ? ""
    : `<h2>Baseline</h2>\n${fitted.map((split) => baselineTable(study, split)).join("\n")}`;
}

function baselineTable(study: Study, split: string): string {
  const { baseline, choice } = baselineOfStudy(study, split);
  const { scale, slope, stderr, intercept, intercept_stderr, r, p, idRange, corrections } = baseline;
  const on = (name: string) => (scale === "linear" ? escapeHtml(name) : `${scale}(${escapeHtml(name)})`);
  const corrected = corrections.map(
    ({ model, split: side, from, to }) =>
      `${escapeHtml(model)}, ${side.toUpperCase()}: ${percent(from)} taken as ${(100 * to).toFixed(2)} %`,
  );
  return `<h3>${escapeHtml(split)}</h3>
<p>${on(split)} = ${significant(intercept)} + ${significant(slope)} · ${on(study.idSplit)}, by least squares; errors are standard errors.</p>
${factsTable([
  ["models", choice === undefined ? String(baseline.n) : escapeHtml(choice)],
  ["slope", `${significant(slope)} ± ${significant(stderr)}`],
  ["intercept", `${significant(intercept)} ± ${significant(intercept_stderr)}`],
  ["r", significant(r)],
  ["p of no slope", significant(p)],
  ["ID accuracies", `${percent(idRange[0])} to ${percent(idRange[1])}`],
  ["accuracies of 0 or 1, corrected for continuity", corrected.join("; ") || "none"],
])}
<details><summary>${baseline.n} models</summary><p class="note">${baseline.models.map(escapeHtml).join(", ")}.</p></details>`;
}
