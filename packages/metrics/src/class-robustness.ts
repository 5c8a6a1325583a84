// Effective robustness class by class: the testbed's line fitted on its models' accuracies on one class, and how far a model
// stands above it there. A class has a tenth or a thousandth of the examples, so its intervals are wide.

import { accuracyOf } from "./accuracy.js";
import { type Baseline, fitBaseline, type TestbedModel } from "./baseline.js";
import { type ClassCounts, countByClass } from "./class-scores.js";
import { type EffectiveRobustness, effectiveRobustness } from "./effective-robustness.js";
import { InputError } from "./errors.js";
import { checkLengths } from "./right-answers.js";
import type { ModelPredictions, SplitPredictions } from "./testbed-predictions.js";

/** One class's line and the model's place above it, or why there is none. */
export type ClassRobustness =
  | {
      readonly class: number;
      readonly baseline: Baseline;
      readonly robustness: EffectiveRobustness;
      /** the model's own accuracies on the class, as `effectiveRobustness` took them */
      readonly model: TestbedModel;
    }
  | { readonly class: number; readonly refused: string };

/**
 * Fits {@link fitBaseline} on each class's examples alone and takes {@link effectiveRobustness} from it. A class that no
 * model gets wrong, or none right, is common here: `baseline.corrections` counts what was moved off 0 and 1.
 *
 * @param testbed predictions of the testbed's models on both splits
 * @param model those of the model
 * @param options.leastExamples a class with fewer in either split is refused; 20 where left out, at which an accuracy's
 *   standard error is up to 11 points
 * @param options.level confidence, strictly between 0 and 1
 * @returns every class that the labels of either split have, rising; all are refused for a model that answers one class for more than
 *   half of a split's examples though less than a quarter are of it
 * @throws InputError where predictions and labels differ in length
 */
export function classRobustness(
  testbed: readonly ModelPredictions[],
  model: ModelPredictions,
  { leastExamples = 20, level = 0.95 }: { readonly leastExamples?: number; readonly level?: number } = {},
): ClassRobustness[] {
  const counted = [...testbed, model].map((entry) => ({
    model: entry.model,
    id: countsOf(entry.model, "id", entry.id),
    ood: countsOf(entry.model, "ood", entry.ood),
  }));
  const { id, ood } = counted.at(-1)!;
  const collapsed = collapse("ID", model.id) ?? collapse("OOD", model.ood);
  const largest = Math.max(id.labelled.length, ood.labelled.length);
  const present = Array.from({ length: largest }, (_, i) => i).filter((i) => examples(id, i) + examples(ood, i) > 0);
  return present.map((i) => {
    if (collapsed !== undefined) return { class: i, refused: `class ${i}: ${collapsed}` };
    for (const [split, counts] of [["ID", id] as const, ["OOD", ood] as const]) {
      if (examples(counts, i) < leastExamples) {
        const refused = `class ${i}: ${examples(counts, i)} examples in the ${split} split; expected at least ${leastExamples}`;
        return { class: i, refused };
      }
    }
    const models = counted.map(({ model, id, ood }) => ({ model, id: accuracyOn(id, i), ood: accuracyOn(ood, i) }));
    const own = models.pop()!;
    try {
      const baseline = fitBaseline(models);
      return { class: i, baseline, robustness: effectiveRobustness(baseline, own.id, own.ood, { level }), model: own };
    } catch (error) {
      if (error instanceof InputError) return { class: i, refused: `class ${i}: ${error.message}` };
      throw error;
    }
  });
}

/**
 * Why a model's accuracies by class say nothing of its robustness: it answers one class for more than half of the examples, of which
 * that class has less than a quarter. Its accuracy there is how often it is named, not how well it is known.
 */
function collapse(split: string, { labels, predictions }: SplitPredictions): string | undefined {
  const answers = new Map<number, number>();
  for (const answer of Array.from(predictions)) answers.set(answer, (answers.get(answer) ?? 0) + 1);
  const [answer, times] = [...answers].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0]);
  const n = predictions.length;
  const labelled = Array.from(labels).filter((label) => label === answer).length;
  if (times <= n / 2 || labelled >= n / 4) return undefined;
  return `the model answers class ${answer} for ${times} of the ${n} ${split} examples, of which ${labelled} are of it; its accuracies by class say what it names, not what it knows`;
}

function countsOf(model: string, split: "id" | "ood", { labels, predictions }: SplitPredictions): ClassCounts {
  checkLengths(labels, predictions, `model ${JSON.stringify(model)}, ${split}`);
  return countByClass(labels, predictions);
}

function examples({ labelled }: ClassCounts, i: number): number {
  return labelled[i] ?? 0;
}

function accuracyOn({ labelled, right }: ClassCounts, i: number) {
  return accuracyOf(right[i]!, labelled[i]!);
}
