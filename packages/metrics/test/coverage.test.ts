import { describe, expect, it } from "vitest";
import {
  bootstrapRobustness,
  effectiveRobustness,
  fitBaseline,
  type Interval,
  type ModelIntervalOptions,
  type Outcomes,
  pairedBootstrapRobustness,
  robustnessOfModels,
  SCALES,
  testbedRobustness,
} from "../src/index.js";
import { Simulation, trueOod, type World } from "./simulation.js";

const REPEATS = 2000;

/** Share of simulated testbeds and models in which an interval holds the true ER; its own standard error is 0.5 %. */
function coverage(world: World, seed: number, interval: (simulation: Simulation, repeat: number) => Interval): number {
  const simulation = new Simulation(seed);
  let covered = 0;
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const { low, high } = interval(simulation, repeat);
    if (low <= world.er && world.er <= high) covered++;
  }
  return covered / REPEATS;
}

const analytic = (world: World, seed: number) =>
  coverage(world, seed, (simulation) => {
    const testbed = simulation.testbed(world);
    const { id, ood } = simulation.model(world);
    return effectiveRobustness(fitBaseline(testbed, world), id, ood);
  });

const bootstrap = (world: World, seed: number) =>
  coverage(world, seed, (simulation, repeat) => {
    const testbed = simulation.testbed(world);
    const { id, ood } = simulation.model(world);
    return bootstrapRobustness(testbed, id, ood, { scale: world.scale, replicates: 500, seed: repeat });
  });

const likeCifar: World = {
  scale: "logit",
  models: 30,
  n: 2000,
  own: { id: 10000, ood: 2000 },
  scatter: 0.08,
  accId: 0.8,
  er: 0.03,
};
const worlds: [string, World][] = [
  ["thirty models, as CIFAR-10.1 has", likeCifar],
  ["no ER at all", { ...likeCifar, er: 0 }],
  ["an error that is nearly all of the line", { ...likeCifar, own: { id: 10000, ood: 50000 }, scatter: 0.2 }],
  ["twelve models", { ...likeCifar, models: 12, scatter: 0.15 }],
  ["twelve models and an ID accuracy below theirs", { ...likeCifar, models: 12, scatter: 0.15, accId: 0.3 }],
  ["the probit scale", { ...likeCifar, scale: "probit", models: 20 }],
];

describe("a 95 % interval of ER holds the true one 93 to 97 % of the time", () => {
  for (const [i, [name, world]] of worlds.entries()) {
    it(`by formula, with ${name}`, () => {
      const covered = analytic(world, 100 + i);
      expect(covered).toBeGreaterThan(0.93);
      expect(covered).toBeLessThan(0.97);
    });
    it(`by bootstrap, with ${name}`, () => {
      const covered = bootstrap(world, 200 + i);
      expect(covered).toBeGreaterThan(0.93);
      expect(covered).toBeLessThan(0.97);
    });
  }

  it("by formula, with six models too", () => {
    const covered = analytic({ ...likeCifar, models: 6, scatter: 0.15 }, 300);
    expect(covered).toBeGreaterThan(0.93);
    expect(covered).toBeLessThan(0.97);
  });
});

describe("where the intervals do not hold what they say", () => {
  it("three models are too few for either, four for the bootstrap", () => {
    const three = { ...likeCifar, models: 3, scatter: 0.3 };
    expect(analytic(three, 400)).toBeLessThan(0.93);
    expect(bootstrap(three, 401)).toBeLessThan(0.93);
    expect(bootstrap({ ...three, models: 4, own: { id: 10000, ood: 50000 } }, 402)).toBeLessThan(0.93);
  });
  it("the testbed's convention covers far more than 95 %", () => {
    const simulation = new Simulation(500);
    let covered = 0;
    for (let repeat = 0; repeat < 500; repeat++) {
      const { id, ood } = simulation.model(likeCifar);
      const options = { replicates: 200, seed: repeat };
      const { low, high } = testbedRobustness(simulation.testbed(likeCifar), id, ood, options);
      if (low <= likeCifar.er && likeCifar.er <= high) covered++;
    }
    expect(covered / 500).toBeGreaterThan(0.99);
  });
});

describe("the paired bootstrap", () => {
  // A model of probit accuracy t is right on an example of difficulty d with probability Φ(t √(1 + D²) − d), so that its
  // accuracy over all examples is Φ(t) whatever the spread D of difficulties.
  const spread = 2;
  const sizes = { models: 15, id: 400, ood: 200 };
  const truth = { accId: 0.8, er: 0.05 };
  const { forward, inverse } = SCALES.probit;

  function outcomes(simulation: Simulation, accuracy: number, difficulties: readonly number[]): Uint8Array {
    const ability = forward(accuracy) * Math.sqrt(1 + spread ** 2);
    return Uint8Array.from(difficulties, (difficulty) =>
      simulation.uniform() < inverse(ability - difficulty) ? 1 : 0,
    );
  }

  function draw(simulation: Simulation): { testbed: Outcomes[]; model: Outcomes } {
    const difficulties = (n: number) => Array.from({ length: n }, () => spread * simulation.normal());
    const [id, ood] = [difficulties(sizes.id), difficulties(sizes.ood)];
    const testbed = Array.from({ length: sizes.models }, (_, i) => {
      const x = -0.5 + 2.5 * simulation.uniform();
      const y = -0.5 + 0.85 * x + 0.1 * simulation.normal();
      return {
        model: `m${i}`,
        id: outcomes(simulation, inverse(x), id),
        ood: outcomes(simulation, inverse(y), ood),
      };
    });
    const model = {
      model: "own",
      id: outcomes(simulation, truth.accId, id),
      ood: outcomes(simulation, trueOod({ scale: "probit" }, truth.accId) + truth.er, ood),
    };
    return { testbed, model };
  }

  const counted = (values: ArrayLike<number | boolean>) => {
    const correct = Array.from(values, Number).reduce((sum, value) => sum + value, 0);
    return { accuracy: correct / values.length, n: values.length, correct };
  };

  it("holds the true ER 93 to 97 % of the time where model and testbed share examples, and is narrower than unpaired", () => {
    const simulation = new Simulation(600);
    const repeats = 600;
    let covered = 0;
    let widths = 0;
    let unpaired = 0;
    for (let seed = 0; seed < repeats; seed++) {
      const { testbed, model } = draw(simulation);
      const options = { scale: "probit", replicates: 200, seed } as const;
      const { low, high } = pairedBootstrapRobustness(testbed, model, options);
      if (low <= truth.er && truth.er <= high) covered++;
      widths += high - low;
      const models = testbed.map(({ model, id, ood }) => ({ model, id: counted(id), ood: counted(ood) }));
      const other = effectiveRobustness(fitBaseline(models, options), counted(model.id), counted(model.ood));
      unpaired += other.high - other.low;
    }
    expect(covered / repeats).toBeGreaterThan(0.93);
    expect(covered / repeats).toBeLessThan(0.97);
    expect(widths).toBeLessThan(0.9 * unpaired);
  });

  it("is the bootstrap of a testbed's own models where their outcomes are given, and of no other method", () => {
    const { testbed } = draw(new Simulation(603));
    const models = testbed.map(({ model, id, ood }) => ({ model, id: counted(id), ood: counted(ood) }));
    const of = (options: ModelIntervalOptions) => robustnessOfModels(models, models, ["m3"], options)[0]!.robustness;
    const options = { method: "bootstrap", replicates: 200, outcomes: testbed } as const;
    const { z, testbedModels, ...rest } = of(options);
    const [own, others] = [testbed[3]!, testbed.filter((_, i) => i !== 3)];
    expect(rest).toEqual(pairedBootstrapRobustness(others, own, { replicates: 200 }));
    expect(of({ ...options, method: "analytic" })).not.toHaveProperty("paired");
    expect(() => of({ ...options, outcomes: testbed.slice(1) })).toThrow(
      'got no outcomes of model "m0"; a paired bootstrap wants those of every model',
    );
  });
  it("of a model evaluated on other examples may have other numbers of them, if that is said", () => {
    const { testbed, model } = draw(new Simulation(601));
    const fewer = { ...model, id: Array.from(model.id).slice(1) };
    expect(() => pairedBootstrapRobustness(testbed, fewer)).toThrow(
      'model "own", id: got 399 outcomes for the testbed\'s 400; expected the same examples',
    );
    const { low, er, high } = pairedBootstrapRobustness(testbed, fewer, { shared: { id: false } });
    expect(low).toBeLessThan(er);
    expect(er).toBeLessThan(high);
  });
  it("refuses a testbed whose models have unequal numbers of examples", () => {
    const { testbed, model } = draw(new Simulation(602));
    const uneven = testbed.map((outcomes, i) => (i === 1 ? { ...outcomes, ood: [1, 0] } : outcomes));
    expect(() => pairedBootstrapRobustness(uneven, model)).toThrow('model "m1", ood: got 2 outcomes where model "m0"');
  });
});

describe("a bootstrap", () => {
  const simulation = new Simulation(700);
  const testbed = simulation.testbed(likeCifar);
  const { id, ood } = simulation.model(likeCifar);
  it("gives the same interval for the same seed, and another for another", () => {
    const once = bootstrapRobustness(testbed, id, ood, { seed: 3 });
    expect(bootstrapRobustness(testbed, id, ood, { seed: 3 })).toEqual(once);
    expect(bootstrapRobustness(testbed, id, ood, { seed: 4 }).low).not.toBe(once.low);
  });
  it("draws again where a draw of models makes no line, and says how often", () => {
    const few = [0.5, 0.7, 0.9].map((accuracy, i) => ({
      model: `m${i}`,
      id: { accuracy },
      ood: { accuracy: 0.4 + i / 10 },
    }));
    // Three models are drawn as one of them thrice with probability 1/9.
    const { degenerate, replicates } = bootstrapRobustness(few, id, ood);
    expect(degenerate / (degenerate + replicates)).toBeGreaterThan(0.09);
    expect(degenerate / (degenerate + replicates)).toBeLessThan(0.133);
  });
  it("of a model without n has an interval of the line alone", () => {
    const bare = bootstrapRobustness(testbed, { accuracy: id.accuracy }, { accuracy: ood.accuracy });
    const counted = bootstrapRobustness(testbed, id, ood);
    expect(bare.uncounted).toEqual(["id", "ood"]);
    expect(bare.high - bare.low).toBeLessThan(counted.high - counted.low);
    expect(bare.high - bare.low).toBeGreaterThan(0);
  });
  it("refuses too few replicates and seeds that are none", () => {
    expect(() => bootstrapRobustness(testbed, id, ood, { replicates: 10 })).toThrow("got 10 replicates");
    expect(() => bootstrapRobustness(testbed, id, ood, { seed: -1 })).toThrow("got seed -1");
    expect(() => testbedRobustness(testbed, { accuracy: 0.8 }, ood)).toThrow(
      "testbedRobustness, id: the testbed's convention needs n",
    );
  });
});
