// What runs and files are called in figures and reports.
import { resolve, sep } from "node:path";

/** As much of the end of each path as tells all of them apart. */
export function shortNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => resolve(path).split(sep));
  const most = Math.max(...parts.map(({ length }) => length));
  for (let kept = 1; kept < most; kept++) {
    const names = parts.map((all) => all.slice(-kept).join("/"));
    if (new Set(names).size === names.length) {
      return names;
    }
  }
  return [...paths];
}
