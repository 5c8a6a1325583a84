import { describe, expect, it } from "vitest";
import {
  accuracyOf,
  commonAccuracies,
  effectiveRobustness,
  erTrajectory,
  fitBaseline,
  logistic,
  logit,
  matchedAccuracies,
  meanTrajectory,
  namedTestbed,
  predictOod,
  type RunEvaluations,
} from "../src/index.js";
import { Simulation, trueOod, type World } from "./simulation.js";

const baseline = fitBaseline(namedTestbed("cifar10.1-v4"));

/** Evaluations at these ID accuracies, so many points above the line. */
function run(
  name: string,
  path: readonly (readonly [step: number, accId: number, er: number])[],
  n = 1e6,
): RunEvaluations {
  return {
    run: name,
    evaluations: path.map(([step, accId, er]) => ({
      step,
      id: accuracyOf(Math.round(n * accId), n),
      ood: accuracyOf(Math.round(n * (predictOod(baseline, accId) + er)), n),
    })),
  };
}

const rise = run("a", [
  [0, 0.6, 0.01],
  [10, 0.83, 0.05],
  [20, 0.9, 0.03],
  [40, 0.95, 0],
]);

describe("the trajectory of a run", () => {
  const { steps, peak, end, extrapolated } = erTrajectory(baseline, rise);
  it("has the ER of each evaluation", () => {
    const { step, accId, accOod, ...robustness } = steps[1]!;
    const { id, ood } = rise.evaluations[1]!;
    expect({ step, accId, accOod }).toEqual({ step: 10, accId: id.accuracy, accOod: ood.accuracy });
    expect(robustness).toEqual(effectiveRobustness(baseline, id, ood));
  });
  it("has its peak where ER is highest, and a wider interval for its having been picked", () => {
    // The first of the four is where the line is extrapolated.
    expect(peak).toMatchObject({ step: 10, accId: 0.83, of: 3, significant: true, extrapolated: false });
    expect(peak.er).toBeCloseTo(0.05, 5);
    const { id, ood } = rise.evaluations[1]!;
    expect(peak.simultaneous).toEqual(
      (({ low, high }) => ({ low, high }))(effectiveRobustness(baseline, id, ood, { level: 1 - 0.05 / 3 })),
    );
    expect(peak.simultaneous.low).toBeLessThan(peak.low);
  });
  it("says that ER has vanished where its interval holds 0, and that the drop to there is more than chance", () => {
    expect(end).toMatchObject({ step: 40, vanished: true, drop: { significant: true } });
    expect(end.drop!.value).toBeCloseTo(0.05, 5);
    const still = erTrajectory(baseline, { run: "b", evaluations: rise.evaluations.slice(0, 3) });
    expect(still.end).toMatchObject({ step: 20, vanished: false, significant: true });
  });
  it("does not say that vanished which never was significantly there", () => {
    const low = rise.evaluations.map(({ id, ...rest }) => ({
      ...rest,
      id,
      ood: { accuracy: predictOod(baseline, id.accuracy), n: 2000 },
    }));
    const { peak, end } = erTrajectory(baseline, { run: "low", evaluations: low });
    expect(peak.significant).toBe(false);
    expect(end).toMatchObject({ significant: false, vanished: false });
  });
  it("looks for its peak where the line is not extrapolated, however high it is elsewhere", () => {
    const [first, ...others] = rise.evaluations;
    const high = { ...first!, ood: { accuracy: 0.9, n: 2000 } };
    const { steps, peak } = erTrajectory(baseline, { run: "c", evaluations: [high, ...others] });
    expect(steps[0]).toMatchObject({ extrapolated: true });
    expect(steps[0]!.er).toBeGreaterThan(peak.er);
    expect(peak).toMatchObject({ step: 10, of: 3 });
    const outside = erTrajectory(baseline, { run: "d", evaluations: [high] });
    expect(outside.peak).toMatchObject({ step: high.step, of: 1, extrapolated: true });
  });
  it("has no drop where the peak is the end", () => {
    const { peak, end } = erTrajectory(baseline, { run: "b", evaluations: rise.evaluations.slice(0, 2) });
    expect(peak.step).toBe(end.step);
    expect(end).not.toHaveProperty("drop");
  });
  it("counts the evaluations outside the testbed's range", () => {
    expect(steps.map(({ extrapolated }) => extrapolated)).toEqual([true, false, false, false]);
    expect(extrapolated).toBe(1);
  });
  it("lets the line's error cancel in the drop, at nearly one ID accuracy nearly all of it", () => {
    const { end } = erTrajectory(
      baseline,
      run(
        "b",
        [
          [0, 0.9, 0.05],
          [1, 0.9001, 0.01],
        ],
        1e9,
      ),
    );
    const single = effectiveRobustness(baseline, accuracyOf(9e8, 1e9), accuracyOf(8e8, 1e9));
    expect(end.drop!.high - end.drop!.low).toBeLessThan(0.05 * (single.high - single.low));
  });
  it("needs evaluations, in rising step order", () => {
    expect(() => erTrajectory(baseline, { run: "r", evaluations: [] })).toThrow("run r: no evaluations");
    const back = { run: "r", evaluations: [...rise.evaluations].reverse() };
    expect(() => erTrajectory(baseline, back)).toThrow("run r: step 20 comes after step 40");
  });
  it("calls a peak of no ER significant in at most 5 % of runs, where its own interval says so far more often", () => {
    const world: World = {
      scale: "logit",
      models: 30,
      n: 2000,
      own: { id: 10000, ood: 2000 },
      scatter: 0.08,
      accId: 0,
      er: 0,
    };
    const simulation = new Simulation(31);
    const repeats = 1000;
    let significant = 0;
    let flattered = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const line = fitBaseline(simulation.testbed(world));
      const evaluations = Array.from({ length: 12 }, (_, step) => {
        const accId = 0.45 + 0.04 * step;
        return { step, id: simulation.accuracy(10000, accId), ood: simulation.accuracy(2000, trueOod(world, accId)) };
      });
      const { peak } = erTrajectory(line, { run: "none", evaluations });
      if (peak.significant) significant++;
      if (peak.low > 0) flattered++;
    }
    expect(significant / repeats).toBeLessThan(0.05);
    expect(flattered / repeats).toBeGreaterThan(0.1);
  });
});

describe("the mean of several runs", () => {
  const shift = (name: string, by: number, last = 4) =>
    run(
      name,
      (
        [
          [0, 0.85, 0.01 + by],
          [10, 0.9, 0.04 + by],
          [20, 0.93, 0.02 - by],
          [30, 0.95, 0],
        ] as const
      ).slice(0, last),
    );
  const runs = [shift("a", -0.002), shift("b", 0), shift("c", 0.002, 3)];
  const mean = meanTrajectory(baseline, runs);
  it("is of the runs that were evaluated at a step, with its standard error", () => {
    expect(mean.steps.map(({ step, runs }) => [step, runs])).toEqual([
      [0, 3],
      [10, 3],
      [20, 3],
      [30, 2],
    ]);
    expect(mean.steps[1]!.er).toBeCloseTo(0.04, 5);
    expect(mean.steps[1]!.standardError).toBeCloseTo(0.002 / Math.sqrt(3), 5);
  });
  it("has a bootstrap between the lowest and the highest run, inside the interval of the whole error", () => {
    const { bootstrap, low, high } = mean.steps[1]!;
    expect(bootstrap!.low).toBeGreaterThanOrEqual(0.038 - 1e-6);
    expect(bootstrap!.high).toBeLessThanOrEqual(0.042 + 1e-6);
    expect(low).toBeLessThan(bootstrap!.low);
    expect(high).toBeGreaterThan(bootstrap!.high);
  });
  it("has peak and end among the steps that all runs share", () => {
    expect(mean.peak).toMatchObject({ step: 10, of: 3 });
    expect(mean.end).toMatchObject({ step: 20 });
    expect(mean.end.drop!.value).toBeCloseTo(0.02, 5);
  });
  it("of one run is that run", () => {
    const [one] = meanTrajectory(baseline, [rise]).steps.slice(1);
    const alone = erTrajectory(baseline, rise).steps[1]!;
    expect(one).toMatchObject({ er: alone.er, low: alone.low, high: alone.high, runs: 1 });
    expect(one).not.toHaveProperty("bootstrap");
    expect(meanTrajectory(baseline, [rise]).peak).toEqual(erTrajectory(baseline, rise).peak);
    expect(meanTrajectory(baseline, [rise]).end).toEqual(erTrajectory(baseline, rise).end);
  });
  it("is not better known than the examples allow, however many runs agree", () => {
    const alone = erTrajectory(baseline, { ...rise, run: "0" }).steps[1]!;
    const many = meanTrajectory(
      baseline,
      Array.from({ length: 20 }, (_, i) => ({ ...rise, run: String(i) })),
    ).steps[1]!;
    expect(many.high - many.low).toBeCloseTo(alone.high - alone.low, 12);
  });
  it("refuses runs of one name, none, and those that share no step", () => {
    expect(() => meanTrajectory(baseline, [rise, rise])).toThrow("run a is given twice");
    expect(() => meanTrajectory(baseline, [])).toThrow("got no runs");
    const other = run("b", [[7, 0.9, 0]]);
    expect(() => meanTrajectory(baseline, [rise, other])).toThrow("runs a, b: no step at which all were evaluated");
  });
});

describe("two runs at one ID accuracy", () => {
  const flat = run("flat", [
    [0, 0.83, 0.02],
    [10, 0.93, 0.02],
  ]);
  const none = run("none", [
    [0, 0.82, 0],
    [5, 0.88, 0],
    [6, 0.86, 0.05],
    [20, 0.94, 0],
  ]);
  it("differ by what they stand apart, interpolated on the scale", () => {
    const [at] = matchedAccuracies(baseline, flat, none, [0.85]);
    expect(at!.b!.er).toBeCloseTo(0, 5);
    expect(at!.b!.step).toBeGreaterThan(0);
    expect(at!.b!.step).toBeLessThan(5);
    expect(at!.difference!.value).toBeCloseTo(at!.a!.er - at!.b!.er, 12);
    const [from, to] = flat.evaluations;
    const weight = (logit(0.85) - logit(from!.id.accuracy)) / (logit(to!.id.accuracy) - logit(from!.id.accuracy));
    const height = (1 - weight) * logit(from!.ood.accuracy) + weight * logit(to!.ood.accuracy);
    expect(at!.a!.ood).toBeCloseTo(logistic(height), 12);
    expect(at!.a!.er).toBeCloseTo(logistic(height) - predictOod(baseline, 0.85), 12);
    expect(at!.difference!.significant).toBe(true);
    expect(at!.extrapolated).toBe(false);
  });
  it("are taken at the first time that they reach it", () => {
    const [at] = matchedAccuracies(baseline, flat, none, [0.87]);
    expect(at!.b!.step).toBeLessThan(5);
  });
  it("have the evaluation itself where it is there", () => {
    const [at] = matchedAccuracies(baseline, flat, none, [0.83, 0.88]);
    const { id, ood } = flat.evaluations[0]!;
    expect(at!.a).toMatchObject({ step: 0, ood: ood.accuracy });
    expect(at!.a!.er).toBeCloseTo(effectiveRobustness(baseline, id, ood).er, 12);
  });
  it("have nothing where one never climbs to it, or begins above it", () => {
    const [below, above] = matchedAccuracies(baseline, flat, none, [0.825, 0.935]);
    expect(below).not.toHaveProperty("a");
    expect(below).toHaveProperty("b");
    expect(below).not.toHaveProperty("difference");
    expect(above).not.toHaveProperty("a");
    expect(() => matchedAccuracies(baseline, flat, none, [85])).toThrow("got an ID accuracy of 85");
  });
  it("are compared by default where both climb", () => {
    const accIds = commonAccuracies(baseline, flat, none, 5);
    expect(accIds).toHaveLength(5);
    expect(Math.min(...accIds)).toBeGreaterThan(0.83);
    expect(Math.max(...accIds)).toBeLessThan(0.93);
    expect(
      commonAccuracies(
        baseline,
        flat,
        run("low", [
          [0, 0.2, 0],
          [1, 0.5, 0],
        ]),
        5,
      ),
    ).toEqual([]);
  });
  it("hold the true difference in at least 95 % of draws, as errors of one test set are taken for shared", () => {
    const world: World = {
      scale: "logit",
      models: 30,
      n: 2000,
      own: { id: 0, ood: 0 },
      scatter: 0.08,
      accId: 0,
      er: 0,
    };
    const simulation = new Simulation(32);
    const line = fitBaseline(simulation.testbed(world));
    const repeats = 1000;
    let covered = 0;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const draw = (name: string, er: number) => ({
        run: name,
        evaluations: [0.5, 0.7, 0.85].map((accId, step) => ({
          step,
          id: simulation.accuracy(10000, accId),
          ood: simulation.accuracy(2000, trueOod(world, accId) + er),
        })),
      });
      const [at] = matchedAccuracies(line, draw("a", 0.02), draw("b", 0), [0.78]);
      // Both are interpolated along the same path, so what is between the evaluations cancels but for a little.
      if (at!.difference!.low <= 0.02 && 0.02 <= at!.difference!.high) covered++;
    }
    expect(covered / repeats).toBeGreaterThan(0.95);
  });
});
