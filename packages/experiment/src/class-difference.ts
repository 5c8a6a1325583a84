// How the classes of two models' outputs differ: a head that is right for one is wrong for the other, and nothing would tell.

/** The first difference, in words that follow "A has … where B has …". */
export interface ClassDifference {
  /** `order`: the same names, at other outputs. */
  readonly kind: "count" | "order" | "names";
  readonly ours: string;
  readonly theirs: string;
}

/**
 * @param ours by the index of the output, as `theirs`
 * @returns undefined where every output has the same name in both
 */
export function classDifference(ours: readonly string[], theirs: readonly string[]): ClassDifference | undefined {
  if (ours.length !== theirs.length) {
    return { kind: "count", ours: `${ours.length} classes`, theirs: `${theirs.length}` };
  }
  const at = ours.findIndex((name, i) => name !== theirs[i]);
  if (at < 0) {
    return undefined;
  }
  const known = new Set(theirs);
  const kind = ours.every((name) => known.has(name)) ? "order" : "names";
  return { kind, ours: `"${ours[at]}" as output ${at}`, theirs: `"${theirs[at]}"` };
}
