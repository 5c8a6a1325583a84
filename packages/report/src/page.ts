// What every page is made of: head, look, scripts, and of runs that are followed where they stand. What the page says is its
// caller's.

import { escapeHtml } from "./escape-html.js";
import { pageScripts } from "./page-scripts.js";
import { progressHtml, type RunProgress } from "./run-progress.js";
import { STYLE } from "./style.js";

export interface PageOptions {
  /** Where server-sent events say that there is something new (`report`, `progress`); the page then follows. */
  readonly events?: string;
  /** Where runs that are not finished stand, for a page that follows. */
  readonly progress?: readonly RunProgress[];
  /** What a Content-Security-Policy knows the page's scripts by. */
  readonly nonce?: string;
}

interface PageParts {
  readonly title: string;
  /** HTML */
  readonly main: string;
  /** JSON as of figure-store.ts */
  readonly figures: string;
}

/** A whole HTML document that needs nothing but itself. */
export function pageHtml({ title, main, figures }: PageParts, { events, progress = [], nonce }: PageOptions): string {
  const following =
    events === undefined ? "" : `<p id="status" class="note" role="status">connecting</p>\n${progressHtml(progress)}\n`;
  return `<!doctype html>
<html lang="en"${events === undefined ? "" : ` data-events="${escapeHtml(events)}"`}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${following}<main>
<h1>${escapeHtml(title)}</h1>
${main}
</main>
<script type="application/json" id="figures">${figures}</script>
${pageScripts(nonce)}
</body>
</html>
`;
}
