// A Vega-Lite specification drawn as SVG text, without a browser or a canvas.

import { printable } from "@er/errors";
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

/**
 * Draws a specification whose data is inline. The same specification gives the same text every time.
 *
 * @returns an `<svg>` element as text, with no reference outside itself
 */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: "none" });
  try {
    return withoutControls(withOwnIds(await view.toSVG()));
  } finally {
    view.finalize();
  }
}

/** What stands for no character: halves of pairs, and two places that are none. */
const NO_CHARACTER = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\ufffe\uffff]/g;

/** XML has no place for controls and halves of characters, which names out of files may bring; they are shown as their escapes. */
function withoutControls(svg: string): string {
  return printable(svg, "\n\t").replace(NO_CHARACTER, "\ufffd");
}

/** Vega numbers gradients by a counter of the whole process; here they are numbered by their order in the figure. */
function withOwnIds(svg: string): string {
  const ids = new Map<string, string>();
  return svg.replace(/(id="|url\(#)((?:gradient_|clip)\d+)/g, (_, before: string, id: string) => {
    const own = ids.get(id) ?? `figure-${ids.size}`;
    ids.set(id, own);
    return before + own;
  });
}
