// The kernels by name: which shader files, joined in order, make each one. WGSL has no imports, so a kernel that shares a
// core (the GEMM family) or a helper (philox) is the concatenation of complete files, written down here and nowhere else.
import { shaders } from "./generated/shaders.js";

type ShaderFile = keyof typeof shaders;

interface Kernel {
  readonly files: readonly ShaderFile[];
  readonly enable?: string;
}

const alone = (file: ShaderFile): Kernel => ({ files: [file] });
const withCore = (operands: ShaderFile, variant: GemmVariant): Kernel => {
  const files: ShaderFile[] = [operands, `gemm_${variant}`];
  return variant === "plain" ? { files } : { files, enable: "subgroups" };
};

/** Which GEMM core: `subgroupN` where every subgroup has exactly 4, or one fixed size of 8 or more lanes; else `plain`. */
export type GemmVariant = "plain" | "subgroup4" | "subgroup8";

export const kernels = {
  "matmul/plain": withCore("matmul", "plain"),
  "matmul/subgroup4": withCore("matmul", "subgroup4"),
  "matmul/subgroup8": withCore("matmul", "subgroup8"),
  "conv2d_forward/plain": withCore("conv2d_forward", "plain"),
  "conv2d_forward/subgroup4": withCore("conv2d_forward", "subgroup4"),
  "conv2d_forward/subgroup8": withCore("conv2d_forward", "subgroup8"),
  "conv2d_input_gradient/plain": withCore("conv2d_input_gradient", "plain"),
  "conv2d_input_gradient/subgroup4": withCore("conv2d_input_gradient", "subgroup4"),
  "conv2d_input_gradient/subgroup8": withCore("conv2d_input_gradient", "subgroup8"),
  "conv2d_weight_gradient/plain": withCore("conv2d_weight_gradient", "plain"),
  "conv2d_weight_gradient/subgroup4": withCore("conv2d_weight_gradient", "subgroup4"),
  "conv2d_weight_gradient/subgroup8": withCore("conv2d_weight_gradient", "subgroup8"),
  accumulate_metrics: alone("accumulate_metrics"),
  add: alone("add"),
  argmax: alone("argmax"),
  avg_pool: alone("avg_pool"),
  avg_pool_gradient: alone("avg_pool_gradient"),
  batch_norm_apply: alone("batch_norm_apply"),
  batch_norm_finalize: alone("batch_norm_finalize"),
  batch_norm_gradient_apply: alone("batch_norm_gradient_apply"),
  batch_norm_gradient_finalize: alone("batch_norm_gradient_finalize"),
  batch_norm_gradient_sums: alone("batch_norm_gradient_sums"),
  batch_norm_statistics: alone("batch_norm_statistics"),
  bias: alone("bias"),
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
} satisfies Record<string, Kernel>;

export type KernelName = keyof typeof kernels;

/** The complete WGSL of a kernel. */
export function kernelSource(name: KernelName): string {
  const { files, enable } = kernels[name] as Kernel;
  const text = files.map((file) => shaders[file]).join("\n");
  return enable === undefined ? text : `enable ${enable};\n${text}`;
}
