// The testbeds known by name: published models whose right answers were counted once and are kept as a table. Other
// testbeds come from testbed-csv.ts or testbed-predictions.ts.

import { accuracyOf } from "./accuracy.js";
import type { TestbedModel } from "./baseline.js";
import { CIFAR10_1_COUNTS, CIFAR10_1_SIZES } from "./cifar10-1-counts.js";
import { InputError } from "./errors.js";
import { didYouMean } from "./nearest.js";

/** Names that {@link namedTestbed} knows. */
export const TESTBED_NAMES = ["cifar10.1-v4", "cifar10.1-v6"] as const;

/** A name of {@link TESTBED_NAMES}. */
export type TestbedName = (typeof TESTBED_NAMES)[number];

/**
 * A built-in testbed, counts included: 30 CIFAR-10 classifiers of Recht et al. 2018 with the CIFAR-10 test set as ID and
 * CIFAR-10.1 (version 4 or 6) as OOD.
 *
 * @param name one of {@link TESTBED_NAMES}
 * @throws InputError on another name, with the nearest
 */
export function namedTestbed(name: string): TestbedModel[] {
  const known = TESTBED_NAMES.find((candidate) => candidate === name);
  if (known === undefined) {
    throw new InputError(
      `no built-in testbed is named ${JSON.stringify(name)}${didYouMean(name, TESTBED_NAMES)} (known: ${TESTBED_NAMES.join(", ")})`,
    );
  }
  const version = known === "cifar10.1-v4" ? "v4" : "v6";
  return CIFAR10_1_COUNTS.map(([model, original, v4, v6]) => ({
    model,
    id: accuracyOf(original, CIFAR10_1_SIZES.original),
    ood: accuracyOf(version === "v4" ? v4 : v6, CIFAR10_1_SIZES[version]),
  }));
}
