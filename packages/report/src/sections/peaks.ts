// The tables of peaks: how high each group rose, where, and what is left at the end.

import { placeOf } from "../along.js";
import { between, verdict } from "../answer.js";
import { escapeHtml } from "../escape-html.js";
import { grouped, percent, points } from "../format.js";
import { htmlTable } from "../html-table.js";
import { groupTrajectory, isFitted, type Study, type StudyGroup } from "../study.js";

const NOTE = `The highest of many evaluations is flattered by having been picked, so a peak is judged by the interval that holds
for all of its group's evaluations at once (Bonferroni). ER of several runs is that of their mean; its interval holds the error
of runs, of examples and of the line. A peak is looked for where the line is not extrapolated, unless it is everywhere. “Vanished” means
that the peak was significantly above 0 and the last evaluation's interval is not. The drop is from the peak to the end, with its interval over
all drops.`;

/** A table an OOD split with a baseline, a column a group. */
export function peaksSection(study: Study): string {
  const fitted = study.oodSplits.filter((split) => isFitted(study, split));
  if (fitted.length === 0) return "";
  const tables = fitted.map((split) => `<h3>${escapeHtml(split)}</h3>\n${peaksTable(study, split)}`);
  return `<h2>Peaks</h2>\n${tables.join("\n")}\n<p class="note">${NOTE}</p>`;
}

function peaksTable(study: Study, split: string): string {
  const names = study.groups.map(({ name, runs }) => {
    const of = `${runs.length} run${runs.length === 1 ? "" : "s"}`;
    return study.groups.length === 1 ? of : `${escapeHtml(name)}<small>${of}</small>`;
  });
  const columns = study.groups.map((group) => columnOf(study, group, split));
  const rows = columns[0]!.map(([title], i) => [title, ...columns.map((column) => column[i]![1])]);
  return htmlTable(["", ...names], rows);
}

function endVerdict({ significant, vanished }: { significant: boolean; vanished: boolean }): string {
  return significant ? "above 0" : vanished ? "vanished" : "not above 0";
}

function columnOf(study: Study, group: StudyGroup, split: string): [title: string, cell: string][] {
  const { peak, end, steps } = groupTrajectory(study, group, split);
  const outside = steps.filter(({ extrapolated }) => extrapolated).length;
  const at = ({ step, accId }: { step: number; accId: number }) =>
    `${placeOf(group.runs[0]!.report, step, grouped)}<small>${percent(accId)} on ${escapeHtml(study.idSplit)}</small>`;
  const er = ({ er, low, high }: { er: number; low: number; high: number }) =>
    `${points(er)} points<small>${between({ low, high })}</small>`;
  const { drop } = end;
  return [
    ["peak at", at(peak)],
    ["ER there, 95 %", er(peak)],
    ["over all evaluations, 95 %", `${between(peak.simultaneous)}<small>${verdict(peak.simultaneous)}</small>`],
    ["end at", at(end)],
    ["ER there, 95 %", `${er(end)}<small>${endVerdict(end)}</small>`],
    [
      "drop, 95 % over all drops",
      drop === undefined
        ? "–<small>the peak is the end</small>"
        : `${points(drop.value)} points<small>${between(drop)}; ${drop.significant ? "significant" : "not significant"}</small>`,
    ],
    ["extrapolated evaluations", outside === 0 ? "none" : `${outside} of ${steps.length}`],
  ];
}
