// What runs are called among one another, by their directories.
import { resolve, sep } from "node:path";

/** As much of the end of each path as tells all of them apart; a run alone needs no name, and is the same wherever it lies. */
export function shortNames(paths: readonly string[]): string[] {
  if (paths.length === 1) {
    return ["this run"];
  }
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
