// A figure inside the page: a still picture in four cuts, of which the reader's browser picks one, the place where the page's
// script draws it live, and its data to take away.

import { escapeHtml } from "./escape-html.js";
import { type Figure, figureCsv } from "./figure.js";
import { CUTS } from "./figure-store.js";
import { renderSvg } from "./render.js";

/** The page width below which the narrow cut is shown. */
const NARROW_PAGE = "(max-width: 600px)";
const DARK_SCREEN = "screen and (prefers-color-scheme: dark)";

/** A `<figure>`; printed light. */
export async function picture(figure: Figure): Promise<string> {
  const draw = async (cut: keyof typeof CUTS) =>
    `data:image/svg+xml;base64,${Buffer.from(await renderSvg(figure.spec(CUTS[cut]))).toString("base64")}`;
  const [light, dark, narrowLight, narrowDark] = await Promise.all([
    draw("wide-light"),
    draw("wide-dark"),
    draw("narrow-light"),
    draw("narrow-dark"),
  ]);
  const csv = `data:text/csv;base64,${Buffer.from(figureCsv(figure)).toString("base64")}`;
  return `<figure data-figure="${escapeHtml(figure.name)}"><picture>
<source media="${DARK_SCREEN} and ${NARROW_PAGE}" srcset="${narrowDark}">
<source media="${DARK_SCREEN}" srcset="${dark}">
<source media="screen and ${NARROW_PAGE}" srcset="${narrowLight}">
<img src="${light}" alt="${escapeHtml(figure.alt)}">
</picture><div class="live"></div>
<figcaption><a download="${escapeHtml(figure.name)}.csv" href="${csv}">data (CSV)</a></figcaption></figure>`;
}
