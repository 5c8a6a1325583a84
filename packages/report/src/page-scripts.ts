// The scripts of the page: Vega, its tooltips and our own few lines, read from their packages and put into the page whole, so
// that it needs no network.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { escapeHtml } from "./escape-html.js";

const resolve = createRequire(import.meta.url).resolve;

/** Of vega-util vega-tooltip uses three functions, which Vega has too. */
const VEGA_UTIL = "export const { isArray, isString, isObject } = globalThis.vega;";

/**
 * `<script>` elements, for the end of the page's body.
 *
 * @param nonce of the page's Content-Security-Policy; modules that a script imports go by that script's
 */
export function pageScripts(nonce?: string): string {
  const known = nonce === undefined ? "" : ` nonce="${escapeHtml(nonce)}"`;
  const vega = readFileSync(join(dirname(resolve("vega")), "vega.min.js"), "utf8");
  const tooltip = readFileSync(resolve("vega-tooltip"), "utf8");
  const live = readFileSync(resolve("@er/report/live"), "utf8");
  const imports = { "vega-util": moduleOf(VEGA_UTIL), "vega-tooltip": moduleOf(tooltip) };
  return `<script${known}>${inScript(vega)}</script>
<script type="importmap"${known}>${JSON.stringify({ imports })}</script>
<script type="module"${known}>${inScript(live)}</script>`;
}

const moduleOf = (text: string) => `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;

/** Inside strings and patterns of a script, its end tag would end it. */
const inScript = (text: string) => text.replaceAll("</script", "<\\/script");
