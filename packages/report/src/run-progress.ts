// Where runs that are followed stand, as the page says it above everything else.

import { escapeHtml } from "./escape-html.js";

/** A run that is not finished. */
export interface RunProgress {
  readonly name: string;
  /** what it does or waits for, in words: "fine-tuning, step 80 of 240, loss 1.204" */
  readonly standing: string;
}

/**
 * A list, a line a run; empty where every run is finished.
 *
 * @returns one element, `id="progress"`, without a line break, so that it fits the data of one server-sent event
 */
export function progressHtml(runs: readonly RunProgress[]): string {
  const lines = runs.map(({ name, standing }) => `<li><b>${escapeHtml(name)}</b> ${escapeHtml(standing)}</li>`);
  const list = lines.length === 0 ? "" : `<ul>${lines.join("")}</ul>`;
  return `<div id="progress" class="note">${list.replaceAll(/[\r\n]+/g, " ")}</div>`;
}
