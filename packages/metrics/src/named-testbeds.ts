// The testbeds known by name: published models whose right answers were counted once and are kept as a table. Other
// testbeds come from testbed-csv.ts or testbed-predictions.ts.

import { type Accuracy, accuracyOf } from "./accuracy.js";
import type { TestbedModel } from "./baseline.js";
import { CIFAR10_1_COUNTS, CIFAR10_1_SIZES } from "./cifar10-1-counts.js";
import { InputError } from "./errors.js";
import { IMAGENET_COUNTS, IMAGENET_SIZES } from "./imagenet-counts.js";
import { didYouMean } from "./nearest.js";

/** Names that {@link namedTestbed} knows. */
export const TESTBED_NAMES = [
  "cifar10.1-v4",
  "cifar10.1-v6",
  "imagenetv2-matched-frequency",
  "objectnet",
  "imagenet-r",
] as const;

/** A name of {@link TESTBED_NAMES}. */
export type TestbedName = (typeof TESTBED_NAMES)[number];

/** A split of a testbed: its name there, and its number of examples. */
export interface TestbedSplit {
  readonly split: string;
  readonly n: number;
}

/** What a built-in testbed is of. */
export interface NamedTestbedDescription {
  readonly name: TestbedName;
  readonly id: TestbedSplit;
  readonly ood: TestbedSplit;
  /** the split that the floor of the standard models is on, where that is another than the ID split */
  readonly floorSplit?: string;
  /** models of the testbed that lack an evaluation on one of the two splits, and so are not among its models here */
  readonly missing: readonly string[];
  /** where the models come from */
  readonly source: string;
}

type ImagenetSplit = keyof typeof IMAGENET_SIZES;

const RECHT = "Recht, Roelofs, Schmidt, Shankar 2018, arXiv:1806.00451";
const TAORI = "Taori, Dave, Shankar, Carlini, Recht, Schmidt 2020, arXiv:2007.00644";

const IMAGENET_SPLITS: Readonly<
  Record<Exclude<TestbedName, `cifar${string}`>, { id: ImagenetSplit; ood: ImagenetSplit }>
> = {
  "imagenetv2-matched-frequency": { id: "val", ood: "imagenetv2-matched-frequency-format-val" },
  objectnet: { id: "val-on-objectnet-classes", ood: "objectnet-1.0-beta" },
  "imagenet-r": { id: "val-on-imagenet-r-classes", ood: "imagenet-r" },
};

/**
 * A built-in testbed, counts included.
 *
 * - `cifar10.1-v4`, `cifar10.1-v6`: 30 CIFAR-10 classifiers of Recht et al. 2018, the CIFAR-10 test set as ID, CIFAR-10.1
 *   of that version as OOD
 * - `imagenetv2-matched-frequency`, `objectnet`, `imagenet-r`: the ImageNet classifiers of Taori et al. 2020 and their
 *   kinds; ID is the ImageNet validation set, for the latter two that of the classes that the shift has (113 object
 *   classes and 200), with the accuracy on the whole of it as `floorSplit`
 *
 * All models that have both evaluations, of whatever kind; see `selectModels` for those that a baseline is fitted on.
 *
 * @param name one of {@link TESTBED_NAMES}
 * @throws InputError on another name, with the nearest
 */
export function namedTestbed(name: string): TestbedModel[] {
  const known = nameOf(name);
  return known === "cifar10.1-v4" || known === "cifar10.1-v6" ? cifar10(known) : imagenet(known).models;
}

/**
 * What a built-in testbed is of.
 *
 * @param name one of {@link TESTBED_NAMES}
 * @throws InputError on another name, with the nearest
 */
export function describeNamedTestbed(name: string): NamedTestbedDescription {
  const known = nameOf(name);
  if (known === "cifar10.1-v4" || known === "cifar10.1-v6") {
    const version = versionOf(known);
    return {
      name: known,
      id: { split: "original", n: CIFAR10_1_SIZES.original },
      ood: { split: version, n: CIFAR10_1_SIZES[version] },
      missing: [],
      source: RECHT,
    };
  }
  const { id, ood } = IMAGENET_SPLITS[known];
  return {
    name: known,
    id: { split: id, n: IMAGENET_SIZES[id] },
    ood: { split: ood, n: IMAGENET_SIZES[ood] },
    ...(id !== "val" && { floorSplit: "val" }),
    missing: imagenet(known).missing,
    source: TAORI,
  };
}

function nameOf(name: string): TestbedName {
  const known = TESTBED_NAMES.find((candidate) => candidate === name);
  if (known === undefined) {
    throw new InputError(
      `no built-in testbed is named ${JSON.stringify(name)}${didYouMean(name, TESTBED_NAMES)} (known: ${TESTBED_NAMES.join(", ")})`,
    );
  }
  return known;
}

const versionOf = (name: "cifar10.1-v4" | "cifar10.1-v6") => (name === "cifar10.1-v4" ? "v4" : "v6");

function cifar10(name: "cifar10.1-v4" | "cifar10.1-v6"): TestbedModel[] {
  const version = versionOf(name);
  return CIFAR10_1_COUNTS.map(([model, original, v4, v6]) => ({
    model,
    id: accuracyOf(original, CIFAR10_1_SIZES.original),
    ood: accuracyOf(version === "v4" ? v4 : v6, CIFAR10_1_SIZES[version]),
  }));
}

function imagenet(name: keyof typeof IMAGENET_SPLITS): { models: TestbedModel[]; missing: string[] } {
  const splits = IMAGENET_SPLITS[name];
  const order = Object.keys(IMAGENET_SIZES) as ImagenetSplit[];
  const models: TestbedModel[] = [];
  const missing: string[] = [];
  for (const [model, kind, ...counts] of IMAGENET_COUNTS) {
    const accuracyOn = (split: ImagenetSplit): Accuracy | undefined => {
      const correct = counts[order.indexOf(split)]!;
      return correct === null ? undefined : accuracyOf(correct, IMAGENET_SIZES[split]);
    };
    const id = accuracyOn(splits.id);
    const ood = accuracyOn(splits.ood);
    const val = splits.id === "val" ? undefined : accuracyOn("val");
    if (id === undefined || ood === undefined) missing.push(model);
    else {
      models.push({
        model,
        id,
        ood,
        ...(kind !== null && { kind }),
        ...(val !== undefined && { floorSplit: val }),
      });
    }
  }
  return { models, missing };
}
