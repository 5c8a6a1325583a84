// How often one model is right where another is wrong. Mania and Sra 2020, "Why do classifier accuracies show linear trends
// under distribution shift?" (arXiv:2012.15483), call it the dominance probability of the one over the other: were it 0 for
// the less accurate of any two models, accuracies out of distribution would follow those in distribution.

import { type Proportion, type ProportionOptions, proportionOf } from "./proportion.js";
import { bothRight, checkSameExamples, type RightAnswers } from "./right-answers.js";

/**
 * The dominance probability of A over B: the share of examples that A gets right and B gets wrong.
 *
 * dominance(A, B) − dominance(B, A) is A's accuracy less B's. The interval takes the examples as drawn at random and the
 * two models as fixed.
 *
 * @throws InputError where the two are not of as many examples, or a level is out of range
 */
export function dominance(a: RightAnswers, b: RightAnswers, options: ProportionOptions = {}): Proportion {
  checkSameExamples("dominance", a, b);
  return proportionOf(a.correct - bothRight(a, b), a.n, options);
}

/**
 * The dominance of every model over every other, as counts of examples.
 *
 * @param models m of them, on the same examples
 * @returns [m, m] row-major: how many examples the row's model gets right and the column's wrong; 0 on the diagonal
 * @throws InputError where the models are not of as many examples
 */
export function dominanceCounts(models: readonly RightAnswers[]): Uint32Array {
  const m = models.length;
  const counts = new Uint32Array(m * m);
  for (let i = 0; i < m; i++) {
    const row = models[i]!;
    checkSameExamples("dominanceCounts", models[0]!, row);
    for (let j = 0; j < i; j++) {
      const column = models[j]!;
      const both = bothRight(row, column);
      counts[i * m + j] = row.correct - both;
      counts[j * m + i] = column.correct - both;
    }
  }
  return counts;
}

/** The less accurate model of a pair over the more accurate one. */
export interface DominancePair {
  /** place of the less accurate model, of equals the first */
  readonly lower: number;
  readonly higher: number;
  /** examples that the less accurate model alone gets right */
  readonly count: number;
}

/** Pairs whose accuracies lie about as far apart. */
export interface DominanceByGap {
  readonly pairs: number;
  /** smallest and largest difference of the two accuracies, as fractions */
  readonly gap: readonly [number, number];
  /** mean dominance of the less accurate model over the more accurate, a fraction */
  readonly dominance: number;
  /** the mean that there would be if a pair's errors were independent: accuracy of the lower × error of the higher */
  readonly independent: number;
}

/** What a matrix of dominance says as a whole. */
export interface DominanceSummary {
  /** those of largest dominance, largest first */
  readonly largest: readonly DominancePair[];
  /** mean over all pairs of the less accurate model's dominance, a fraction */
  readonly mean: number;
  /** the pairs in groups of equal number, by rising difference of accuracy */
  readonly byGap: readonly DominanceByGap[];
}

/**
 * Sums up {@link dominanceCounts}: each pair once, the less accurate model over the more accurate.
 *
 * @param models at least 2
 * @param counts theirs
 * @param options.largest how many of the largest pairs
 * @param options.groups how many groups by difference of accuracy; fewer where there are fewer pairs
 */
export function summarizeDominance(
  models: readonly RightAnswers[],
  counts: Uint32Array,
  { largest, groups }: { readonly largest: number; readonly groups: number },
): DominanceSummary {
  const pairs = pairsOf(models, counts);
  const { n } = models[0]!;
  const gap = ({ lower, higher }: DominancePair) => models[higher]!.correct - models[lower]!.correct;
  const byGap = [...pairs].sort((a, b) => gap(a) - gap(b));
  const starts = [...new Set(Array.from({ length: groups }, (_, i) => Math.floor((i * pairs.length) / groups)))];
  return {
    largest: [...pairs].sort((a, b) => b.count - a.count).slice(0, largest),
    mean: meanOf(pairs, ({ count }) => count / n),
    byGap: starts.map((start, i) => {
      const group = byGap.slice(start, starts[i + 1]);
      return {
        pairs: group.length,
        gap: [gap(group[0]!) / n, gap(group.at(-1)!) / n] as const,
        dominance: meanOf(group, ({ count }) => count / n),
        independent: meanOf(
          group,
          ({ lower, higher }) => (models[lower]!.correct / n) * (1 - models[higher]!.correct / n),
        ),
      };
    }),
  };
}

function pairsOf(models: readonly RightAnswers[], counts: Uint32Array): DominancePair[] {
  const m = models.length;
  const pairs: DominancePair[] = [];
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++) {
      const [lower, higher] = models[i]!.correct <= models[j]!.correct ? [i, j] : [j, i];
      pairs.push({ lower, higher, count: counts[lower * m + higher]! });
    }
  }
  return pairs;
}

function meanOf<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0) / values.length;
}
