// The page of runs of which there is nothing to show yet. It fills in by itself once there is.

import { escapeHtml } from "./escape-html.js";
import { figureStore } from "./figure-store.js";
import { type PageOptions, pageHtml } from "./page.js";

/**
 * A page without figures.
 *
 * @param reason why there is nothing to show, in a sentence
 */
export function waitingHtml(title: string, reason: string, options: PageOptions): string {
  return pageHtml({ title, main: `<p class="answer">${escapeHtml(reason)}</p>`, figures: figureStore([]) }, options);
}
