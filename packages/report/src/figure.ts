// A figure of the report: how it is drawn, what it shows in words, and its data as a table.

import { stringify } from "csv-stringify/browser/esm/sync";
import type { TopLevelSpec } from "vega-lite";
import type { FigureStyle } from "./figure-parts.js";

/** A row of a figure's data: accuracies and differences as fractions, names as they are. */
export type DataRow = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Figure {
  /** its files' name, without an ending */
  readonly name: string;
  /** what it shows, for those who do not see it */
  readonly alt: string;
  readonly spec: (style: FigureStyle) => TopLevelSpec;
  /** what is drawn, unrounded; every row has the same keys */
  readonly data: readonly DataRow[];
}

/** A figure's data as CSV (RFC 4180) with a header row; an empty cell where there is no value. */
export function figureCsv({ data }: Pick<Figure, "data">): string {
  return stringify([...data], { header: true, cast: { boolean: String } });
}
