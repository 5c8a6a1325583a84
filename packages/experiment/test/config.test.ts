import type { ImageSet } from "@er/data";
import { describe, expect, it } from "vitest";
import { checkTestbedBuild } from "../src/check-run.js";
import type { TestbedBuild } from "../src/config.js";
import { evaluationSteps, PRESET_NAMES, parseConfig, preset, setByPath } from "../src/index.js";

const config = (changes: Record<string, unknown> = {}) => ({ ...preset("demo"), ...changes });

describe("a configuration", () => {
  it("every preset is valid", () => {
    for (const name of PRESET_NAMES) expect(() => parseConfig(preset(name), name)).not.toThrow();
  });
  it("an unknown key is named with the nearest known one", () => {
    expect(() => parseConfig(config({ sead: 1 }), "c.json")).toThrow(
      'c.json: unknown key "sead"; did you mean "seed"?',
    );
    const train = { epochs: 1, batchSize: 3 };
    expect(() => parseConfig(config({ train }), "c.json")).toThrow(
      'unknown key "batchSize" in "train"; did you mean "batch"?',
    );
  });
  it("a wrong value is named with its path", () => {
    expect(() => parseConfig(config({ seed: -1 }), "c.json")).toThrow(/^c.json: "seed": .*; got -1$/);
  });
  it("a precision is f32 unless it is said to be mixed", () => {
    const precisionOf = (train: object) => parseConfig(config({ train: { steps: 1, ...train } }), "c").train.precision;
    expect([precisionOf({}), precisionOf({ precision: "mixed" })]).toEqual(["f32", "mixed"]);
    expect(() => precisionOf({ precision: "f16" })).toThrow(/"train.precision": .*"f32"\|"mixed"/);
  });
  it("an evaluation keeps classes unless told to keep logits, whenever it is", () => {
    const evalOf = (given?: object) => parseConfig(config({ eval: given }), "c").eval;
    expect(evalOf()).toEqual({ at: "log", points: 24, predictions: "classes" });
    expect(evalOf({ predictions: "logits" })).toEqual({ at: "log", points: 24, predictions: "logits" });
    expect(evalOf({ steps: [0], predictions: "logits" })).toEqual({ steps: [0], predictions: "logits" });
    expect(() => evalOf({ predictions: "logit" })).toThrow(/"eval.predictions": .*"classes"\|"logits".*; got "logit"/);
  });
  it("a training needs steps or epochs, not both", () => {
    for (const train of [{}, { steps: 1, epochs: 1 }])
      expect(() => parseConfig(config({ train }), "c")).toThrow('train needs exactly one of "steps" and "epochs"');
  });
  it("values are set by path, as JSON or as text", () => {
    const value: Record<string, unknown> = { train: { batch: 1 } };
    setByPath(value, "train.batch=128");
    setByPath(value, "data.train=procedural:narrow#train");
    expect(value).toEqual({ train: { batch: 128 }, data: { train: "procedural:narrow#train" } });
    expect(() => setByPath(value, "train.batch")).toThrow("expected path=value");
  });
  it("a name with dots is set in brackets or with a backslash", () => {
    for (const path of ['data.ood["cifar10.1"]', "data.ood.cifar10\\.1", '["data"]["ood"]["cifar10.1"]']) {
      const value: Record<string, unknown> = {};
      setByPath(value, `${path}=npz:a.npz`);
      expect(value, path).toEqual({ data: { ood: { "cifar10.1": "npz:a.npz" } } });
    }
    for (const path of ["data..ood", "data.", 'data["ood', "data[ood]"])
      expect(() => setByPath({}, `${path}=1`), path).toThrow("is no path; expected names joined by dots");
  });
  it("a suggestion is a key of that very object", () => {
    const nearest = (changes: Record<string, unknown>) => () => parseConfig(config(changes), "c");
    expect(nearest({ model: { name: "resnet8", widht: 1 } })).toThrow('"widht" in "model"; did you mean "width"?');
    expect(nearest({ testbed: { form: "a.csv" } })).toThrow('"form" in "testbed"; did you mean "from"?');
    expect(nearest({ train: { steps: 1, augment: { flips: true } } })).toThrow(
      '"flips" in "train.augment"; did you mean "flip"?',
    );
    expect(nearest({ model: { name: "resnet8", milestone: 1 } })).toThrow(/"milestone" in "model"$/);
  });
  it("numbers that f32 does not hold are refused", () => {
    for (const [key, value] of [
      ["learningRate", 1e308],
      ["learningRate", 1e-300],
      ["weightDecay", 1e308],
      ["weightDecay", 1e-300],
    ] as const)
      expect(() => parseConfig(config({ train: { steps: 1, [key]: value } }), "c"), `${key} ${value}`).toThrow(
        /^c: "train\.\w+": a number that f32 holds, of (1e-38 or more|3e38 or less); got 1e[+-]30[08]$/,
      );
    for (const seed of [1e308, 2 ** 53, 1e-300, -1, 0.5])
      expect(() => parseConfig(config({ seed }), "c"), String(seed)).toThrow(/^c: "seed": /);
    expect(() => parseConfig(config({ model: { name: "resnet8", width: 1e7 } }), "c")).toThrow(
      /"model\.width": Too big/,
    );
    expect(() => parseConfig(config({ eval: { points: 1e9 } }), "c")).toThrow(/"eval\.points": Too big/);
  });
  it("a mean of pixels from 0 to 255 is refused, with what to do", () => {
    const normalization = { mean: [123.7, 116.3, 103.5], std: [58.4, 57.1, 57.4] };
    expect(() => parseConfig(config({ normalization }), "c")).toThrow(
      /"normalization\.mean\.0": a mean of pixel values in \[0, 1\]; of 0 to 255\? divide/,
    );
  });
  it("a name of a split is short, of letters, and no key that every object has", () => {
    const named = (name: string) => () => {
      const value = config();
      setByPath(value, `data.ood=${JSON.stringify({ [name]: "procedural:shifted#test" })}`);
      return parseConfig(value, "c");
    };
    expect(named("a".repeat(100))).not.toThrow();
    expect(named("a".repeat(245))).toThrow(
      /^c: "data\.ood": "a{245}" is no name for it; expected a name of at most 100/,
    );
    expect(named("a/b")).toThrow('"a/b" is no name for it; expected a name of letters, digits');
    expect(named("a\\b")).toThrow("is no name for it; expected a name of letters");
    for (const name of ["constructor", "toString"])
      expect(named(name)).toThrow(`"${name}" is no name for it; expected another name: every object has this key`);
  });
  it("names of splits that differ in case alone are refused", () => {
    const value = config();
    setByPath(value, `data.ood=${JSON.stringify({ sh: "procedural:shifted#test", Sh: "procedural:shifted#test" })}`);
    expect(() => parseConfig(value, "c")).toThrow('c: the splits "sh" and "Sh" differ in case alone; rename one');
  });
  it("__proto__ is no key, wherever it stands in a path", () => {
    for (const path of ["__proto__.a", "train.__proto__.batch", 'data.ood["__proto__"]', "__proto__"]) {
      expect(() => setByPath({}, `${path}=1`), path).toThrow('"__proto__" is no key of a configuration');
    }
    expect({}).not.toHaveProperty("a");
    for (const path of ["constructor.prototype.a", "toString.a"]) {
      const value: Record<string, unknown> = {};
      setByPath(value, `${path}=1`);
      expect(({} as Record<string, unknown>).a, path).toBeUndefined();
      expect(Object.keys(value)).toHaveLength(1);
    }
  });
  it("a warm-up past the last step, and weights of no name, are refused", () => {
    expect(() => parseConfig(config({ train: { steps: 4, warmupSteps: 5 } }), "c")).toThrow(
      "c: train.warmupSteps: 5 is past the last step, 4",
    );
    expect(() => parseConfig(config({ init: "" }), "c")).toThrow(/"init": a file or weights:NAME/);
  });
  it("one key's value may rule another's out", () => {
    const nesterov = { steps: 4, nesterov: true, momentum: 0 };
    expect(() => parseConfig(config({ train: nesterov }), "c")).toThrow("c: train.nesterov needs a momentum");
    expect(() => parseConfig(config({ train: { steps: 4 }, eval: { steps: [1, 5] } }), "c")).toThrow(
      "c: eval.steps: 5 is past the run's last step, 4",
    );
  });
});

describe("the fit of a run's baseline", () => {
  const testbedOf = (testbed: object) => parseConfig(config({ testbed }), "c").testbed;
  const build = { widths: [4], points: 4, train: { steps: 8 } };
  it("is as the testbed says unless a rule, names or a scale are given", () => {
    expect(testbedOf({ from: "objectnet" })).toEqual({ from: "objectnet" });
    const given = { from: "objectnet", models: "low-accuracy", scale: "probit" };
    expect(testbedOf(given)).toEqual(given);
    const listed = { from: "objectnet", models: ["a", "b", "c"] };
    expect(testbedOf(listed)).toEqual(listed);
    expect(testbedOf({ build, models: ["a", "b", "c"], scale: "linear" })).toMatchObject({ scale: "linear" });
  });
  it("has a rule and a scale that there are, and as many models as a line needs", () => {
    expect(() => testbedOf({ from: "objectnet", scale: "logti" })).toThrow(/"testbed.scale": .*; got "logti"/);
    expect(() => testbedOf({ from: "objectnet", models: ["a", "b"] })).toThrow(/"testbed.models": .*3/);
    expect(() => testbedOf({ from: "objectnet", models: "standrd" })).toThrow(/"testbed.models": .*"standrd"/);
  });
  it("of models that are built goes by names that will be there", () => {
    const named = (...models: string[]) => {
      const whole = parseConfig(config({ testbed: { build, models } }), "c");
      const train = { spec: "images", n: 1000 } as ImageSet;
      return () =>
        checkTestbedBuild(whole, (whole.testbed as { build: TestbedBuild }).build, {
          train,
          pretrain: undefined,
          evaluated: {},
        });
    };
    const built = [2, 4, 6].map((step) => `resnet8-width4-step${step}`);
    expect(named(...built)).not.toThrow();
    expect(named(...built, "resnet8-width4-step7")).toThrow(
      /testbed.models: no model "resnet8-width4-step7" is built; these are: resnet8-width4-step2, /,
    );
  });
  it("of models that are built goes by no kinds", () => {
    expect(() => testbedOf({ build, models: "standard" })).toThrow(
      'testbed.models "standard" goes by kinds, which models that are built have none of; give "all" or names',
    );
  });
});

describe("evaluation steps", () => {
  it("log: dense early, sparse late, both ends included", () => {
    const steps = evaluationSteps({ at: "log", points: 8 }, 1000, 10);
    expect(steps.slice(0, 3)).toEqual([0, 1, 3]);
    expect(steps.at(-1)).toBe(1000);
    const gaps = steps.slice(1).map((step, i) => step - steps[i]!);
    expect(gaps).toEqual([...gaps].sort((a, b) => a - b));
  });
  it("explicit steps and epochs, and always the last", () => {
    expect(evaluationSteps({ steps: [5, 2] }, 10, 4)).toEqual([2, 5, 10]);
    expect(evaluationSteps({ epochs: [0, 0.5, 2] }, 10, 4)).toEqual([0, 2, 8, 10]);
    expect(() => evaluationSteps({ steps: [11] }, 10, 4)).toThrow("step 11 is past the run's last, 10");
  });
});
