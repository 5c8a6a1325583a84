// The figures as the page's own script draws them: compiled to Vega, in the four cuts in which they are shown, with the tables
// that the cuts share written down once.

import type { Spec } from "vega";
import { compile } from "vega-lite";
import type { Figure } from "./figure.js";
import type { FigureStyle } from "./figure-parts.js";

/** A figure is drawn light and dark, wide and narrow; see `NARROW_PAGE` in picture.ts. */
export const CUTS = {
  "wide-light": { theme: "light", width: 680 },
  "wide-dark": { theme: "dark", width: 680 },
  "narrow-light": { theme: "light", width: 362 },
  "narrow-dark": { theme: "dark", width: 362 },
} as const satisfies Record<string, FigureStyle>;

/** JSON for a `<script type="application/json">`: `tables`, and by figure and cut a specification whose tables are `{ $table: i }`. */
export function figureStore(figures: readonly Figure[]): string {
  const tables = new Map<string, number>();
  const cutsOf = (figure: Figure) =>
    Object.fromEntries(
      Object.entries(CUTS).map(([cut, style]) => [cut, lifted(compile(figure.spec(style)).spec, tables)]),
    );
  const specs = Object.fromEntries(figures.map((figure) => [figure.name, cutsOf(figure)]));
  const text = `{"tables":[${[...tables.keys()].join()}],"figures":${JSON.stringify(specs)}}`;
  // Inside a script nothing but its end tag ends it, and names come from users.
  return text.replaceAll("<", "\\u003c");
}

function lifted(spec: Spec, tables: Map<string, number>): object {
  const data = (spec.data ?? []).map((table) => {
    if (!("values" in table)) return table;
    const text = JSON.stringify(table.values);
    const at = tables.get(text) ?? tables.size;
    tables.set(text, at);
    return { ...table, values: { $table: at } };
  });
  return { ...spec, data };
}
