// What runs and files are called among one another, by their paths.
import { resolve, sep } from "node:path";

/** What runs are called; a run alone needs no name, and is the same wherever it lies. */
export function runNames(directories: readonly string[]): string[] {
  return directories.length === 1 ? ["this run"] : shortNames(directories);
}

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
