// A Vega-Lite specification drawn as SVG text, without a browser or a canvas.

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
    return withOwnIds(await view.toSVG());
  } finally {
    view.finalize();
  }
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
