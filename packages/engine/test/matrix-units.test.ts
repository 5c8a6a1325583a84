// Matrix units without any: the kernels as they are pass Dawn's front end and become pipelines on its null backend, which
// offers the feature and computes nothing; and which adapters and products they are for.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { create, globals } from "webgpu";
import { matrixUnitsOf } from "../src/device/request.js";
import { kernelNames, kernelSource } from "../src/index.js";
import { gemmCores } from "../src/plan/gemm.js";

const FEATURE = "chromium-experimental-subgroup-matrix" as GPUFeatureName;

describe("on Dawn's null backend", () => {
  // Kept: collecting an instance whose device lives crashes the process.
  let instance: GPU;
  let device: GPUDevice;
  beforeAll(async () => {
    if (!("GPUBufferUsage" in globalThis)) Object.assign(globalThis, globals);
    instance = create(["backend=null", "enable-dawn-features=allow_unsafe_apis"]);
    const adapter = (await instance.requestAdapter())!;
    device = await adapter.requestDevice({ requiredFeatures: [FEATURE, "subgroups", "shader-f16"] });
  });
  afterAll(() => device.destroy());

  for (const name of kernelNames.filter((name) => name.includes("/matrix")))
    it(`${name} compiles without a warning, and becomes a pipeline`, async () => {
      const code = kernelSource(name);
      device.pushErrorScope("validation");
      const module = device.createShaderModule({ code });
      const { messages } = await module.getCompilationInfo();
      expect(messages.map(({ message }) => message)).toEqual([]);
      // A dimension of x that the null adapter's largest subgroup, 128, divides; of all other constants any value will do.
      const unset = [...code.matchAll(/^override (\w+)(: \w+)?;/gm)].map(([, constant]) => [constant!, 8]);
      const constants = { ...Object.fromEntries(unset), INVOCATIONS: 256 };
      device.createComputePipeline({ layout: "auto", compute: { module, constants } });
      expect((await device.popErrorScope())?.message).toBeUndefined();
    });

  it("a product that is no unit's is refused: the front end does look", async () => {
    const code = kernelSource("matmul/vectors/matrix").replace("subgroup_matrix_right<", "subgroup_matrix_left<");
    device.pushErrorScope("validation");
    device.createShaderModule({ code });
    expect((await device.popErrorScope())?.message).toMatch(/subgroupMatrix/);
  });
});

describe("matrixUnitsOf", () => {
  const f32 = { componentType: "f32", resultComponentType: "f32", M: 8, N: 8, K: 8 };
  const f16 = { componentType: "f16", resultComponentType: "f32", M: 16, N: 16, K: 16 };
  const adapter = (subgroupMatrixConfigs: object[], features = [FEATURE, "subgroups", "shader-f16"]) =>
    ({
      features: new Set(features),
      info: { subgroupMinSize: 4, subgroupMaxSize: 64, subgroupMatrixConfigs },
    }) as unknown as GPUAdapter;

  it("names the operands that there are kernels for", () => {
    const others = [
      { ...f16, resultComponentType: "f16" },
      { ...f16, N: 8 },
      { ...f32, K: 4 },
    ];
    expect(matrixUnitsOf(adapter([...others, f16]))).toEqual({ operands: ["f16"], maxSubgroupSize: 64 });
    expect(matrixUnitsOf(adapter([f16, f32]))).toEqual({ operands: ["f32", "f16"], maxSubgroupSize: 64 });
    expect(matrixUnitsOf(adapter(others))).toBeUndefined();
  });

  it("has none without the feature or subgroups, and none for f16 without f16", () => {
    expect(matrixUnitsOf(adapter([f32], ["subgroups"]))).toBeUndefined();
    expect(matrixUnitsOf(adapter([f32], [FEATURE]))).toBeUndefined();
    expect(matrixUnitsOf(adapter([f16], [FEATURE, "subgroups"]))).toBeUndefined();
  });
});

describe("gemmCores", () => {
  const target = { subgroupSize: 32, maxBindingBytes: 2 ** 30, workgroupBytes: 2 ** 14, hardware: true };
  const matrixUnits = { operands: ["f16"], maxSubgroupSize: 32 } as const;
  const cores = (change: object, n = 512, operands: "f32" | "f16" = "f16") =>
    gemmCores({ ...target, matrixUnits, ...change }, { m: 512, n, k: 512, fours: "inner" }, operands);

  it("lists matrix units last, and the others as without them", () => {
    expect(cores({})).toEqual([...cores({ matrixUnits: undefined }), "matrix"]);
    expect(cores({ hardware: false, workgroupBytes: 2 ** 15 }).at(-1)).toBe("matrix");
  });

  it("lists them only where they serve", () => {
    expect(cores({}, 512, "f32")).not.toContain("matrix");
    expect(cores({}, 510)).not.toContain("matrix");
    expect(cores({ matrixUnits: { ...matrixUnits, maxSubgroupSize: 128 } })).not.toContain("matrix");
    expect(cores({ workgroupBytes: 2 ** 13 })).not.toContain("matrix");
  });
});
