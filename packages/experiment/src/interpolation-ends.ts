// The two ends of an interpolation, and that they are of one model: what lies between weights of different classes, orders of classes
// or normalisations is a number that means nothing.
import type { ImageSet } from "@er/data";
import { InputError, type StateDict } from "@er/engine";
import { classDifference } from "./class-difference.js";
import type { Config } from "./config.js";
import { flawOf } from "./file-flaw.js";
import { isDirectory } from "./is-directory.js";
import { FINAL_WEIGHTS, RunRecord } from "./record.js";
import { readWeights } from "./weights.js";
import { describeNormalization, sameNormalization, type WeightsFacts, weightsFacts } from "./weights-facts.js";
import { type WeightsSource, weightsSource } from "./weights-source.js";

export interface End {
  /** As the user named it. */
  readonly name: string;
  readonly weights: StateDict;
  readonly facts: WeightsFacts;
}

/**
 * @param path a finished run, a weight file, or `weights:NAME`
 * @throws InputError where it cannot be read, and where a run's weights are not what its record says was written
 */
export async function readEnd(path: string): Promise<End> {
  const source = (await isDirectory(path)) ? await finalWeightsOf(new RunRecord(path)) : await weightsSource(path);
  return { name: path, facts: await weightsFacts(source), weights: await readWeights(source.file) };
}

async function finalWeightsOf(record: RunRecord): Promise<WeightsSource> {
  const file = record.path(FINAL_WEIGHTS);
  const written = (await record.inventory())?.files.get(FINAL_WEIGHTS);
  const flaw = written === undefined ? undefined : await flawOf(file, written);
  if (flaw !== undefined) {
    throw new InputError(`${file}: ${flaw}; restore it from a copy, or finish the run with --resume`);
  }
  return { file, published: undefined };
}

/** @throws InputError naming the first tensor, class or statistic in which they differ */
export function refuseDifferentEnds(a: End, b: End): void {
  const lacking =
    [...a.weights.keys()].find((name) => !b.weights.has(name)) ??
    [...b.weights.keys()].find((name) => !a.weights.has(name));
  if (lacking !== undefined) {
    const [with_, without] = a.weights.has(lacking) ? [a, b] : [b, a];
    throw new InputError(`${without.name}: has no ${lacking}, which ${with_.name} has; give weights of one model`);
  }
  for (const [name, { shape }] of a.weights) {
    const other = b.weights.get(name)!.shape;
    if (shape.join() !== other.join()) {
      throw new InputError(
        `${b.name}: ${name} is [${other.join(", ")}], and in ${a.name} [${shape.join(", ")}]; give weights of one model with the same head`,
      );
    }
  }
  refuseOtherFacts(b.name, b.facts, a.name, a.facts);
}

/**
 * Compares the ends with the run whose classes and normalisation they are evaluated with.
 *
 * @param source how the run is called
 * @returns what could not be compared, since an end does not say it: lines for people
 * @throws InputError where an end says something else than the run
 */
export function compareWithRun(
  ends: readonly End[],
  source: string,
  { model, normalization }: Config,
  { classNames }: Pick<ImageSet, "classNames">,
): string[] {
  for (const { name, facts } of ends) {
    refuseOtherFacts(name, facts, source, { by: "file", model: model.name, classNames, normalization });
  }
  const silent = (key: "classNames" | "normalization") => ends.filter(({ facts }) => facts[key] === undefined);
  return [
    ...silent("classNames").map(
      ({ name }) => `${name} names no classes: its outputs are taken as those of ${source} by place`,
    ),
    ...silent("normalization").map(({ name }) => `${name} names no normalization: that of ${source} is taken`),
  ];
}

/** What only one of them says is not compared. */
function refuseOtherFacts(name: string, ours: WeightsFacts, other: string, theirs: WeightsFacts): void {
  if (ours.model !== undefined && theirs.model !== undefined && ours.model !== theirs.model) {
    throw new InputError(
      `${name}: weights of ${ours.model}, where ${other} has ${theirs.model}; give weights of one model`,
    );
  }
  const difference = ours.classNames && theirs.classNames && classDifference(ours.classNames, theirs.classNames);
  if (difference !== undefined) {
    throw new InputError(
      `${name}: has ${difference.ours}, where ${other} has ${difference.theirs}; give weights of the same classes in the same order`,
    );
  }
  if (ours.normalization && theirs.normalization && !sameNormalization(ours.normalization, theirs.normalization)) {
    throw new InputError(
      `${name}: made with images of ${describeNormalization(ours.normalization)}, where ${other} has ${describeNormalization(theirs.normalization)}; give weights of one normalization`,
    );
  }
}
