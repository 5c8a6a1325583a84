// What was found example by example: classes, dominance, and the examples that no testbed model gets right.

import { between } from "../answer.js";
import { escapeHtml } from "../escape-html.js";
import type { ClassFinding, Unsolved, UnsolvedExample } from "../example-findings.js";
import type { Figure } from "../figure.js";
import { grouped, percent, points } from "../format.js";
import { htmlTable } from "../html-table.js";
import { picture } from "../picture.js";
import type { Study } from "../study.js";

/** The findings of one OOD split; nothing where it was not looked at. */
export async function examplesSection(
  study: Study,
  oodSplit: string,
  { classes: classFigure, dominance }: { readonly classes?: Figure; readonly dominance?: Figure },
): Promise<string> {
  const { classes, unsolved } = study.examples?.[oodSplit] ?? {};
  const parts = [
    ...(classes === undefined
      ? []
      : [
          `<h3>By class: ${escapeHtml(classes.model)}</h3>`,
          ...(classFigure === undefined ? [] : [await picture(classFigure)]),
          classTable(study.idSplit, oodSplit, classes.rows),
        ]),
    ...(dominance === undefined ? [] : ["<h3>Dominance</h3>", await picture(dominance)]),
    ...(unsolved === undefined ? [] : [unsolvedPart(oodSplit, unsolved)]),
  ];
  return parts.length === 0 ? "" : `<h2>${escapeHtml(oodSplit)}, example by example</h2>\n${parts.join("\n")}`;
}

function classTable(idSplit: string, oodSplit: string, rows: readonly ClassFinding[]): string {
  const share = ({ share, low, high, n }: ClassFinding["id"]) =>
    `${percent(share)}<small>${percent(low)} to ${percent(high)}, n = ${grouped(n)}</small>`;
  const head = ["class", escapeHtml(idSplit), escapeHtml(oodSplit), "ER <small>points, 95 %</small>"];
  return htmlTable(
    head,
    rows.map(({ name, id, ood, er, refused }) => [
      escapeHtml(name),
      share(id),
      share(ood),
      er === undefined
        ? `<small>${escapeHtml(refused ?? "no line")}</small>`
        : `${points(er.er)}<small>${between(er)}</small>`,
    ]),
  );
}

function unsolvedPart(oodSplit: string, { n, count, testbedModels, models, shown }: Unsolved): string {
  const said = `${count} of ${grouped(n)} examples of ${oodSplit} (${percent(count / n)}) are right for none of the testbed's ${testbedModels} models.`;
  const table = htmlTable(
    ["model", "of these right", "share <small>95 %</small>"],
    models.map(({ model, solved, share }) => [
      escapeHtml(model),
      `${solved} of ${count}`,
      share === undefined
        ? "–"
        : `${percent(share.share)}<small>${percent(share.low)} to ${percent(share.high)}</small>`,
    ]),
  );
  const chosen =
    shown.length < count
      ? `<p class="note">${shown.length} of them, those first that most of the runs' models get right.</p>`
      : "";
  const note = `<p class="note">No share is expected by chance: the examples were chosen by the testbed's failures, which single out no
distribution of guesses.</p>`;
  return `<h3>Unsolved by the testbed</h3>
<p>${escapeHtml(said)}</p>
${count === 0 ? "" : `${table}\n${note}\n${chosen}\n<div class="cards">\n${shown.map(card).join("\n")}\n</div>`}`;
}

function card({ index, label, image, answers, testbed }: UnsolvedExample): string {
  const seen =
    image === undefined
      ? '<div class="absent">image not at hand</div>'
      : `<img src="${image}" alt="example ${index}, a ${escapeHtml(label)}">`;
  const said = answers.map(
    ({ model, answer, right }) =>
      `<li class="${right ? "right" : "wrong"}">${right ? "✓" : "✗"} ${escapeHtml(answer)} <small>${escapeHtml(model)}</small></li>`,
  );
  const most = testbed
    .slice(0, 3)
    .map(({ answer, models }) => `${escapeHtml(answer)} ${models}×`)
    .join(", ");
  return `<div class="card">${seen}
<div><b>${escapeHtml(label)}</b> <small>example ${grouped(index)}</small><ul>${said.join("")}</ul><small>testbed: ${most}</small></div></div>`;
}
