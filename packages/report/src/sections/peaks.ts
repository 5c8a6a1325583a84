// The table of peaks: how high each group rose, where, and what is left at the end.

import { between, verdict } from "../answer.js";
import { escapeHtml } from "../escape-html.js";
import { grouped, percent, points } from "../format.js";
import { htmlTable } from "../html-table.js";
import { groupTrajectory, isFitted, type Study } from "../study.js";

const NOTE = `The highest of many evaluations is flattered by having been picked, so a peak is judged by the interval that holds
for all of its group's evaluations at once (Bonferroni). ER of several runs is that of their mean; its interval holds the error
of runs, of examples and of the line. “Vanished” means that the last evaluation's interval does not lie above 0. A drop is from the peak
to the end, with its interval over all drops.`;

/** A row a group and OOD split with a baseline. */
export function peaksSection(study: Study): string {
  const rows = study.oodSplits
    .filter((split) => isFitted(study, split))
    .flatMap((split) =>
      study.groups.map((group) => {
        const { peak, end, steps } = groupTrajectory(study, group, split);
        const outside = steps.filter(({ extrapolated }) => extrapolated).length;
        const star = (extrapolated: boolean) => (extrapolated ? "&nbsp;*" : "");
        return [
          escapeHtml(split),
          `${escapeHtml(group.name)}<small>${group.runs.length} run${group.runs.length === 1 ? "" : "s"}</small>`,
          grouped(peak.step),
          percent(peak.accId),
          `${points(peak.er)}${star(peak.extrapolated)}<small>${between(peak)}</small>`,
          `${between(peak.simultaneous)}<small>${verdict(peak.simultaneous)}</small>`,
          grouped(end.step),
          percent(end.accId),
          `${points(end.er)}${star(end.extrapolated)}<small>${between(end)}; ${end.vanished ? "vanished" : "still above 0"}</small>`,
          end.drop === undefined
            ? "–"
            : `${points(end.drop.value)}<small>${between(end.drop)}; ${end.drop.significant ? "significant" : "not significant"}</small>`,
          outside === 0 ? "none" : `${outside} of ${steps.length}`,
        ];
      }),
    );
  if (rows.length === 0) return "";
  const head = [
    "split",
    "group",
    "peak at step",
    `${escapeHtml(study.idSplit)} there`,
    "ER <small>points, 95 %</small>",
    "over all evaluations <small>points, 95 %</small>",
    "end at step",
    `${escapeHtml(study.idSplit)} there`,
    "ER <small>points, 95 %</small>",
    "drop <small>points</small>",
    "extrapolated",
  ];
  return `<h2>Peaks</h2>\n${htmlTable(head, rows)}\n<p class="note">${NOTE}</p>`;
}
