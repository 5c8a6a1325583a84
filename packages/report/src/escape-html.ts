// Text from elsewhere inside the page.

import { printable } from "@er/errors";

/** Text made safe between tags and inside double-quoted attributes, controls shown as their escapes. */
export function escapeHtml(text: string): string {
  return printable(text, "\n\t")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
