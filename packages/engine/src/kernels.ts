// The kernels by name: which shader files, joined in order, make each one. WGSL has no imports, so a kernel that shares a
// core (the GEMM family) or a helper (philox) is the concatenation of complete files, written down here and nowhere else.
import { shaders } from "./generated/shaders.js";

type ShaderFile = keyof typeof shaders;

interface Kernel {
  readonly files: readonly ShaderFile[];
}

const alone = (file: ShaderFile): Kernel => ({ files: [file] });

/** How A's inner dimension is read: four values in one load, or one by one with any stride. */
type GemmReading = "vectors" | "scalars";
/** Whose rows of A a product multiplies; each a shader file. */
export type GemmRows = keyof typeof GEMM_ROWS;
/** How the rows of each may be read. */
const GEMM_ROWS = {
  matmul: ["vectors", "scalars"],
  batched_matmul: ["vectors", "scalars"],
  conv2d_forward: ["vectors", "scalars"],
  conv2d_input_gradient: ["vectors", "scalars"],
  // Its rows begin at any pixel, where no load of four may.
  conv2d_weight_gradient: ["scalars"],
} as const satisfies Record<string, readonly GemmReading[]>;
/** What multiplies: see each one's opening comment; plan/gemm.ts says which is for whom. And what it is joined to. */
export type GemmShader = keyof typeof GEMM_SHADERS;
const GEMM_SHADERS = {
  plain: [],
  subgroup4: ["gemm_accumulate"],
  subgroup4_narrow: ["gemm_accumulate"],
  subgroup8: ["gemm_accumulate"],
  subgroup8_narrow: ["gemm_accumulate"],
  tiled4: ["gemm_tiles"],
  tiled8: ["gemm_tiles"],
} as const satisfies Record<string, readonly ShaderFile[]>;

const kernels = {
  accumulate_metrics: alone("accumulate_metrics"),
  add: alone("add"),
  argmax: alone("argmax"),
  avg_pool: alone("avg_pool"),
  avg_pool_gradient: alone("avg_pool_gradient"),
  "batch_norm_apply/columns_1": { files: ["columns_1", "batch_norm_apply"] } as Kernel,
  "batch_norm_apply/columns_4": { files: ["columns_4", "batch_norm_apply"] } as Kernel,
  batch_norm_finalize: alone("batch_norm_finalize"),
  "batch_norm_gradient_apply/columns_1": { files: ["columns_1", "batch_norm_gradient_apply"] } as Kernel,
  "batch_norm_gradient_apply/columns_4": { files: ["columns_4", "batch_norm_gradient_apply"] } as Kernel,
  batch_norm_gradient_finalize: alone("batch_norm_gradient_finalize"),
  "batch_norm_gradient_sums/columns_1": { files: ["columns_1", "batch_norm_gradient_sums"] } as Kernel,
  "batch_norm_gradient_sums/columns_4": { files: ["columns_4", "batch_norm_gradient_sums"] } as Kernel,
  "batch_norm_statistics/columns_1": { files: ["columns_1", "batch_norm_statistics"] } as Kernel,
  "batch_norm_statistics/columns_4": { files: ["columns_4", "batch_norm_statistics"] } as Kernel,
  bias: alone("bias"),
  cast_to_f16: alone("cast_to_f16"),
  cast_to_f32: alone("cast_to_f32"),
  column_sums: alone("column_sums"),
  image_batch: { files: ["philox", "image_batch"] } as Kernel,
  max_pool: alone("max_pool"),
  max_pool_gradient: alone("max_pool_gradient"),
  mean: alone("mean"),
  ones: alone("ones"),
  reduce_slices: alone("reduce_slices"),
  relu: alone("relu"),
  relu_gradient: alone("relu_gradient"),
  sgd: alone("sgd"),
  softmax_cross_entropy: alone("softmax_cross_entropy"),
  softmax_cross_entropy_gradient: alone("softmax_cross_entropy_gradient"),
  store_rows: alone("store_rows"),
  subsample_pad: alone("subsample_pad"),
  transpose: alone("transpose"),
  winograd_input: { files: ["winograd_tiles", "winograd_input"] } as Kernel,
  winograd_output: alone("winograd_output"),
  winograd_output_gradient: { files: ["winograd_tiles", "winograd_output_gradient"] } as Kernel,
  winograd_weight_gradient: alone("winograd_weight_gradient"),
  winograd_weights: alone("winograd_weights"),
} satisfies Record<string, Kernel>;

/** A kernel alone, or a member of the GEMM family: rows of A, how they are read, and what multiplies. */
export type KernelName = keyof typeof kernels | `${GemmRows}/${GemmReading}/${GemmShader}`;

/** Every kernel there is. */
export const kernelNames: readonly KernelName[] = [
  ...(Object.keys(kernels) as (keyof typeof kernels)[]),
  ...(Object.keys(GEMM_ROWS) as GemmRows[]).flatMap((rows) =>
    GEMM_ROWS[rows].flatMap((reading) =>
      (Object.keys(GEMM_SHADERS) as GemmShader[]).map((shader) => `${rows}/${reading}/${shader}` as const),
    ),
  ),
];

/** The complete WGSL of a kernel. */
export function kernelSource(name: KernelName): string {
  const [rows, reading, shader] = name.split("/") as [GemmRows, GemmReading?, GemmShader?];
  if (reading === undefined || shader === undefined) {
    return joined(kernels[name as keyof typeof kernels].files);
  }
  const order = rows === "conv2d_input_gradient" ? [] : ["gemm_in_order" as const];
  const code = joined([rows, ...order, `read_${reading}`, "gemm_columns", `gemm_${shader}`, ...GEMM_SHADERS[shader]]);
  return shader.startsWith("subgroup") ? `enable subgroups;\n${code}` : code;
}

const joined = (files: readonly ShaderFile[]) => files.map((file) => shaders[file]).join("\n");
