// The documented commands on the published testbeds, held to NumPy's and SciPy's values from the same raw files.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { missing, sharedData } from "../../../packages/metrics/test/shared-data.js";
import { er } from "./support/er.js";

type Fit = Record<
  "n" | "slope" | "intercept" | "r" | "p" | "stderr" | "intercept_stderr" | "residualStdDev",
  number
> & {
  idRange: [number, number];
};
interface Robustness {
  model: string;
  er: number;
  predicted: number;
  z: number;
}
interface Golden {
  cifar: Record<string, Record<string, Fit>>;
  imagenet: Record<
    string,
    {
      idColumn: string;
      oodColumn: string;
      models: number;
      missing: number;
      fits: Record<string, Fit>;
      robustness: Robustness[];
      leaveOneOut: Pick<Robustness, "model" | "er">[];
    }
  >;
}

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/robustness_fits.json", import.meta.url), "utf8"),
) as Golden;

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await er([...args, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

/** What is published went through float32 twice; a built-in testbed has the counts behind it. */
const FLOAT32 = 2 * 2 ** -24;

function expectFit(got: Fit, expected: Fit, relative: number): void {
  expect(got.n).toBe(expected.n);
  for (const field of ["slope", "intercept", "r", "stderr", "intercept_stderr", "residualStdDev"] as const) {
    const most = relative * Math.abs(expected[field]);
    expect(Math.abs(got[field] - expected[field]), field).toBeLessThanOrEqual(most);
  }
  for (const end of [0, 1] as const) {
    expect(Math.abs(got.idRange[end] - expected.idRange[end])).toBeLessThanOrEqual(Math.max(relative, FLOAT32));
  }
}

describe("er fit on the built-in CIFAR-10.1 testbeds", () => {
  for (const [name, fits] of Object.entries(golden.cifar)) {
    for (const [scale, expected] of Object.entries(fits)) {
      it(`${name} on the ${scale} scale is SciPy's to 1e-9`, async () => {
        const got = await json<Fit>("fit", "--testbed", name, "--scale", scale);
        expectFit(got, expected, 1e-9);
        expect(Math.abs(got.p / expected.p - 1)).toBeLessThan(1e-9);
      });
    }
  }
});

describe("er on the built-in ImageNet testbeds, counted where what is published is rounded to float32", () => {
  for (const [name, { fits, robustness }] of Object.entries(golden.imagenet)) {
    it(`fits ${name} as SciPy does, with the standard rule where none is given`, async () => {
      const given = Object.entries(fits).map(async ([rule, expected]) => {
        expectFit(await json<Fit>("fit", "--testbed", name, "--models", rule), expected, 1e-6);
      });
      await Promise.all(given);
      expectFit(await json<Fit>("fit", "--testbed", name), fits.standard!, 1e-6);
    });
    it(`gives the ER of every CLIP and BiT model of ${name}`, async () => {
      const names = robustness.flatMap(({ model }) => ["--model", model]);
      const { models } = await json<{ models: { robustness: Robustness }[] }>(
        "robustness",
        "--testbed",
        name,
        ...names,
      );
      for (const [i, expected] of robustness.entries()) {
        expect(Math.abs(models[i]!.robustness.er - expected.er)).toBeLessThan(1e-6);
      }
    });
  }
});

const folder = join(sharedData, "testbed");
const csv = [
  ...["--testbed", join(folder, "imagenet-testbed.csv")],
  ...["--types", join(folder, "imagenet-model-types.csv")],
];
describe.skipIf(missing("testbed/imagenet-testbed.csv"))("er on the ImageNet testbed as published", () => {
  for (const [name, { idColumn, oodColumn, models, missing, fits, robustness, leaveOneOut }] of Object.entries(
    golden.imagenet,
  )) {
    it(`fits ${name} with every rule as SciPy does, to 1e-9`, async () => {
      const done = Object.entries(fits).map(async ([rule, expected]) => {
        const columns = ["--id", idColumn, "--ood", oodColumn];
        const got = await json<Fit & { leftOut: { reason: string; models: string[] }[] }>(
          ...["fit", ...csv, "--models", rule, ...columns],
        );
        expectFit(got, expected, 1e-9);
        expect(Math.abs(got.p - expected.p)).toBeLessThanOrEqual(1e-9 * expected.p);
        const out = got.leftOut.reduce((sum, { models }) => sum + models.length, 0);
        expect(out).toBe(models + missing - expected.n);
        const counts = got.leftOut.map(({ models }) => models.length);
        expect(counts).toEqual([...counts].sort((a, b) => b - a));
        expect(got.leftOut.find(({ reason }) => reason === "without an evaluation")!.models).toHaveLength(missing);
      });
      await Promise.all(done);
    });
    it(`gives the ER of every CLIP and BiT model on ${name}, and of models of the fit left out of it`, async () => {
      const expected = [...robustness, ...leaveOneOut];
      const { models } = await json<{ models: { model: string; inFit: boolean; robustness: Robustness }[] }>(
        ...["robustness", ...csv, "--id-column", idColumn, "--ood-column", oodColumn],
        ...expected.flatMap(({ model }) => ["--model", model]),
      );
      for (const [i, { model, er }] of expected.entries()) {
        expect(models[i]).toMatchObject({ model, inFit: i >= robustness.length });
        expect(Math.abs(models[i]!.robustness.er - er)).toBeLessThan(1e-10);
      }
      for (const [i, { predicted, z }] of robustness.entries()) {
        expect(Math.abs(models[i]!.robustness.predicted - predicted)).toBeLessThan(1e-10);
        expect(Math.abs(models[i]!.robustness.z - z)).toBeLessThan(1e-8);
      }
    });
  }
});

describe.skipIf(missing("testbed/cifar10"))("er on the published CIFAR-10.1 predictions", () => {
  it.each(["v4", "v6"])("fits %s as SciPy does, to 1e-9", async (version) => {
    const labels = `original=${join(sharedData, "cifar10-test-labels.npy")}`;
    const directory = join(folder, "cifar10");
    const got = await json<Fit>("fit", "--testbed", directory, "--ood", version, "--labels", labels);
    expectFit(got, golden.cifar[`cifar10.1-${version}`]!.logit!, 1e-9);
  });
});
