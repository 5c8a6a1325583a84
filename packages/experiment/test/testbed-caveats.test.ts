// What is refused, and what is said with every number, where a testbed is not of what a run is evaluated on.
import { describe, expect, it } from "vitest";
import type { LoadedTestbed } from "../src/index.js";
import { type EvaluatedOn, testbedCaveats } from "../src/testbed-caveats.js";

const models = ["a", "b", "c"].map((model) => ({
  model,
  id: { accuracy: 0.8, n: 100 },
  ood: { accuracy: 0.7, n: 50 },
}));
const sums = { clean: { sha256: "1" }, moved: { sha256: "2" } };
const testbed = (more: Partial<LoadedTestbed> = {}): LoadedTestbed => ({
  models,
  missing: [],
  splits: { id: "clean", ood: "moved" },
  ...more,
});
const run: EvaluatedOn = {
  ...{ id: "clean", ood: "moved", restrictClasses: false, classNames: ["cat", "dog"] },
  splits: {
    clean: { n: 100, sha256: "1", classCounts: [60, 40] },
    moved: { n: 50, sha256: "2", classCounts: [25, 25] },
  },
};
const built = { restrictClasses: false, classNames: ["cat", "dog"], splits: sums };
const classCounts = { id: [60, 40], ood: [25, 25] };

describe("a testbed", () => {
  it("of the same has nothing to mind", () => {
    expect(testbedCaveats("t", testbed({ built, classCounts }), run, false)).toEqual([]);
    expect(testbedCaveats("t", testbed(), run, false)).toEqual([]);
  });

  it("of restricted predictions is refused for a run of others, and the other way about", () => {
    const restricted = testbed({ built: { ...built, restrictClasses: true } });
    expect(() => testbedCaveats("t", restricted, run, true)).toThrow(/t: the testbed's predictions are restricted/);
    expect(() => testbedCaveats("t", testbed({ built }), { ...run, restrictClasses: true }, true)).toThrow(
      /t: the run's predictions are restricted .* set restrictClasses alike/,
    );
  });

  it("of other classes is refused", () => {
    const other = testbed({ built: { ...built, classNames: ["cat", "car"] } });
    expect(() => testbedCaveats("t", other, run, true)).toThrow(
      /of other classes than the run's \("car" is of one alone\)/,
    );
  });

  it.each([
    [
      "other images under the same name",
      testbed({ built: { ...built, splits: { ...sums, moved: { sha256: "3" } } } }),
      "the testbed t was built on other images or labels of moved than the run's moved",
    ],
    [
      "other labels under the same name",
      testbed({ classCounts: { id: [60, 40], ood: [20, 30] } }),
      "the testbed t has 20 examples of class 0 in moved, the run's moved has 25",
    ],
    [
      "another number of examples",
      testbed({ models: models.map((model) => ({ ...model, ood: { accuracy: 0.7, n: 51 } })) }),
      "the testbed t is of 51 examples of moved, the run's moved has 50",
    ],
  ])("says so of %s", (_, other, words) => {
    expect(testbedCaveats("t", other, run, false)).toEqual([words]);
  });

  it("that is built in is for an OOD split of its name, or of one that the user says", () => {
    const named = testbed({ named: true, splits: { id: "original", ood: "v6" } });
    const of = (id: string, ood: string): EvaluatedOn => ({
      ...run,
      ...{ id, ood },
      splits: { [id]: { n: 100 }, [ood]: { n: 50 } },
    });
    for (const ood of ["cifar10.1", "cifar10.1-v6", "v6", "CIFAR-10.1"]) {
      expect(testbedCaveats("cifar10.1-v6", named, of("cifar10", ood), false)).toEqual([]);
    }
    expect(() => testbedCaveats("cifar10.1-v6", named, of("cifar10", "sketches"), false)).toThrow(
      /cifar10\.1-v6: is for v6, and the run's OOD split is called "sketches"; if it is that, say so with testbed\.ood/,
    );
    expect(testbedCaveats("cifar10.1-v6", named, of("stl10", "sketches"), true)).toEqual([
      '"sketches" is measured against a testbed of v6',
      '"stl10" stands for the testbed\'s ID split original',
    ]);
  });
});
