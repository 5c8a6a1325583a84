import type { TimedDispatch } from "./roofline.js";

/** What sort of work a dispatch does, for the legend of a chart. */
export function kindOf({ op, kernel }: Pick<TimedDispatch, "op" | "kernel">): string {
  if (kernel === "copy_to_texture") {
    return "copy";
  }
  if (kernel.startsWith("winograd")) {
    return "Winograd transform";
  }
  if (/^(batched_)?matmul|^conv2d/.test(kernel)) {
    return "product";
  }
  if (op.startsWith("batch_norm")) {
    return "batch norm";
  }
  return op === "sgd" ? "optimiser" : "other";
}
