// The kernels by name: which shader files, joined in order, make each one. WGSL has no imports, so a kernel that shares a
// core (the GEMM family), a helper (philox) or the type that tensors are stored in is the concatenation of complete files,
// written down here and nowhere else. A file that enables an extension comes first.
import { shaders } from "./generated/shaders.js";
import type { DType } from "./graph/tensor.js";

type ShaderFile = keyof typeof shaders;

/** A kernel's files, in order. */
type Files = readonly [ShaderFile, ...ShaderFile[]];

/**
 * How A is read: four neighbours along its inner dimension in one load, or one by one with any stride; and from textures, B
 * then too, four neighbours along the inner dimension or four neighbouring rows in one load.
 */
export type GemmReading = keyof typeof GEMM_READINGS;
const GEMM_READINGS = {
  vectors: ["x_buffer", "b_buffer", "read_vectors"],
  scalars: ["b_buffer", "read_scalars"],
  texels: ["texels", "x_texels", "b_texels", "read_vectors"],
  texel_rows: ["texels", "x_texels", "b_texels", "texel_rows"],
} as const satisfies Record<string, readonly ShaderFile[]>;
/** The types of a product's operands and of its result, f32 for both where there is no suffix. */
type GemmTypes = "" | "/f16" | "/f16_f32";
/** Whose rows of A a product multiplies; each a shader file. */
export type GemmRows = keyof typeof GEMM_ROWS;
/** How the rows of each may be read, and the types that it is asked for. */
const GEMM_ROWS = {
  matmul: { readings: ["vectors", "scalars", "texels", "texel_rows"], types: ["", "/f16", "/f16_f32"] },
  // Gradients of weights are f32.
  batched_matmul: { readings: ["vectors", "scalars", "texels", "texel_rows"], types: ["", "/f16_f32"] },
  conv2d_forward: { readings: ["vectors", "scalars", "texels"], types: ["", "/f16"] },
  conv2d_input_gradient: { readings: ["vectors", "scalars", "texels"], types: ["", "/f16"] },
  // Its rows begin at any pixel, where no load of four along them may.
  conv2d_weight_gradient: { readings: ["scalars", "texel_rows"], types: ["", "/f16_f32"] },
} as const satisfies Record<string, { readings: readonly GemmReading[]; types: readonly GemmTypes[] }>;
/** What multiplies: see each one's opening comment; plan/gemm.ts says which is for whom. And what it is joined to. */
export type GemmShader = keyof typeof GEMM_SHADERS;
const GEMM_SHADERS = {
  matrix: ["matrix_units"],
  plain: [],
  quads: ["gemm_accumulate"],
  subgroup4: ["gemm_accumulate"],
  subgroup4_narrow: ["gemm_accumulate"],
  subgroup8: ["gemm_accumulate"],
  subgroup8_narrow: ["gemm_accumulate"],
  tiled4: ["gemm_tiles"],
  tiled8: ["gemm_tiles"],
} as const satisfies Record<string, readonly ShaderFile[]>;

/** Kernels of types of their own. */
const KERNELS = {
  accumulate_metrics: ["accumulate_metrics"],
  add_into: ["add_into"],
  argmax: ["argmax"],
  batch_norm_gradient_finalize: ["batch_norm_gradient_finalize"],
  cast_to_f16: ["cast_to_f16"],
  cast_to_f32: ["cast_to_f32"],
  ema: ["ema"],
  find_nonfinite: ["find_nonfinite"],
  fold_batch_norm: ["fold_batch_norm"],
  group_norm_shares: ["group_norm_shares"],
  inverse_std: ["inverse_std"],
  mean: ["mean"],
  ones: ["ones"],
  reduce_image_slots: ["reduce_image_slots"],
  reduce_slices: ["reduce_slices"],
  scale_loss: ["scale_loss"],
  sgd: ["sgd"],
  softmax_cross_entropy: ["softmax_cross_entropy"],
  softmax_cross_entropy_gradient: ["softmax_cross_entropy_gradient"],
  store_rows: ["store_rows"],
  update_loss_scale: ["update_loss_scale"],
  winograd_weight_gradient: ["winograd_weight_gradient"],
} as const satisfies Record<string, Files>;

/** Kernels whose tensors are stored in either float type: f16 with a suffix, f32 without. */
const STORED_KERNELS = {
  adaptive_avg_pool: ["adaptive_avg_pool"],
  adaptive_avg_pool_gradient: ["adaptive_avg_pool_gradient"],
  add: ["add"],
  avg_pool: ["avg_pool"],
  avg_pool_gradient: ["avg_pool_gradient"],
  "norm_apply/columns_1": ["columns_1", "walk_rows", "norm_apply"],
  "norm_apply/columns_4": ["columns_4", "walk_rows", "norm_apply"],
  batch_norm_finalize: ["inverse_sqrt", "batch_norm_finalize"],
  "norm_gradient_apply/columns_1": ["columns_1", "walk_rows", "norm_gradient_apply"],
  "norm_gradient_apply/columns_4": ["columns_4", "walk_rows", "norm_gradient_apply"],
  "norm_gradient_sums/columns_1": ["columns_1", "norm_gradient_sums"],
  "norm_gradient_sums/columns_4": ["columns_4", "norm_gradient_sums"],
  "norm_statistics/columns_1": ["columns_1", "norm_statistics"],
  "norm_statistics/columns_4": ["columns_4", "norm_statistics"],
  bias: ["bias"],
  column_sums: ["column_sums"],
  conv2d_window: ["window", "conv2d_window"],
  conv2d_window_texels: ["texels", "window", "conv2d_window_texels"],
  conv2d_window_weight_gradient: ["texels", "conv2d_window_weight_gradient"],
  dropout: ["philox", "dropout"],
  group_norm_finalize: ["inverse_sqrt", "group_norm_finalize"],
  image_batch: ["philox", "image_batch"],
  max_pool: ["max_pool"],
  max_pool_gradient: ["max_pool_gradient"],
  pad2d: ["pad2d"],
  relu: ["relu"],
  relu_gradient: ["relu_gradient"],
  "subsample_pad/columns_1": ["columns_1", "subsample_pad"],
  "subsample_pad/columns_4": ["columns_4", "subsample_pad"],
  transpose: ["transpose"],
  transpose_blocks: ["transpose_blocks"],
  winograd_input: ["x_buffer", "winograd_tiles", "winograd_input"],
  "winograd_input/texels": ["texels", "x_texels", "winograd_tiles", "winograd_input"],
  winograd_output: ["products_buffer", "winograd_output"],
  "winograd_output/texels": ["texels", "products_texels", "winograd_output"],
  winograd_output_gradient: ["x_buffer", "winograd_tiles", "winograd_output_gradient"],
  "winograd_output_gradient/texels": ["texels", "x_texels", "winograd_tiles", "winograd_output_gradient"],
  winograd_weights: ["winograd_weights"],
} as const satisfies Record<string, Files>;

type StoredKernel = keyof typeof STORED_KERNELS;

/** A kernel alone, or a member of the GEMM family: rows of A, how they are read, what multiplies, and the types. */
export type KernelName =
  | keyof typeof KERNELS
  | StoredKernel
  | `${StoredKernel}/f16`
  | `${GemmRows}/${GemmReading}/${GemmShader}${GemmTypes}`;

/** Every kernel there is. */
export const kernelNames: readonly KernelName[] = [
  ...(Object.keys(KERNELS) as (keyof typeof KERNELS)[]),
  ...(Object.keys(STORED_KERNELS) as StoredKernel[]).flatMap((name) => [name, `${name}/f16`] as const),
  ...(Object.keys(GEMM_ROWS) as GemmRows[]).flatMap((rows) =>
    GEMM_ROWS[rows].readings.flatMap((reading) =>
      shadersThatRead(reading).flatMap((shader) =>
        GEMM_ROWS[rows].types.map((types) => `${rows}/${reading}/${shader}${types}` as const),
      ),
    ),
  ),
];

function shadersThatRead(reading: GemmReading): readonly GemmShader[] {
  return reading === "texels" || reading === "texel_rows"
    ? ["quads", "subgroup8"]
    : (Object.keys(GEMM_SHADERS) as GemmShader[]).filter((shader) => shader !== "quads");
}

/** The kernel that is for tensors of a float type. */
export function storedAs(dtype: DType, name: StoredKernel): KernelName {
  return dtype === "f16" ? `${name}/f16` : name;
}

/** The complete WGSL of a kernel. */
export function kernelSource(name: KernelName): string {
  const code = joined(filesOf(name));
  const enabled = [
    ...(/\b(subgroup|quad)[A-Z]/.test(code) ? ["subgroups"] : []),
    ...(/\bsubgroup_matrix_/.test(code) ? ["chromium_experimental_subgroup_matrix"] : []),
  ];
  return enabled.map((extension) => `enable ${extension};\n`).join("") + code;
}

function filesOf(name: KernelName): readonly ShaderFile[] {
  if (name in KERNELS) {
    return KERNELS[name as keyof typeof KERNELS];
  }
  const half = name.endsWith("/f16");
  const stored = STORED_KERNELS[(half ? name.slice(0, -"/f16".length) : name) as StoredKernel] as Files | undefined;
  return stored === undefined ? productFiles(name) : [half ? "storage_f16" : "storage_f32", ...stored];
}

function productFiles(name: string): readonly ShaderFile[] {
  const [rows, reading, shader, types] = name.split("/") as [GemmRows, GemmReading, GemmShader, string?];
  const loadsRows = shader === "quads" || shader === "subgroup8";
  const operands: ShaderFile = types === undefined ? "matrix_operands_f32" : "matrix_operands_f16";
  return [
    types === undefined ? "storage_f32" : "storage_f16",
    types === "f16" ? "result_f16" : "result_f32",
    rows,
    ...(rows === "conv2d_input_gradient" ? [] : ["gemm_in_order" as const]),
    ...GEMM_READINGS[reading],
    ...(loadsRows && reading !== "texel_rows" ? ["lane_rows" as const] : []),
    "gemm_columns",
    `gemm_${shader}`,
    ...(shader === "matrix" ? [operands] : []),
    ...GEMM_SHADERS[shader],
  ];
}

const joined = (files: readonly ShaderFile[]) => files.map((file) => shaders[file]).join("\n");
