// 1×1 convolutions whose weights pass the adapter's binding limit: products of matrices, cut as those of linear layers are. What an
// epilogue does elsewhere is done in passes of its own.
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { type Dispatch, type Scratch, scratch, type Target } from "../plan/lowering.js";
import { matrixOf } from "../plan/parts.js";
import { addDispatch } from "./add.js";
import type { Epilogue } from "./conv2d-geometry.js";
import { largeMatmul } from "./large-matmul.js";
import { reluDispatch, reluGradientDispatch } from "./relu.js";

/**
 * y = x W for weights W [1, 1, CI, CO], or y = x Wᵀ where `transposed`, and then what the epilogue says.
 *
 * @returns undefined where the weights fit, or the inner dimension is no multiple of 4
 */
export function largePointwise(
  target: Target,
  { x, weight, y }: { readonly x: Tensor; readonly weight: Tensor; readonly y: Tensor },
  { bias, residual, relu, mask, transposed }: Epilogue & { readonly transposed: boolean },
): Dispatch[] | undefined {
  const b = matrixOf(weight);
  const [k, n] = [x.shape.at(-1)!, y.shape.at(-1)!];
  const passes = [
    residual && ((from: Scratch, to: Tensor | Scratch) => addDispatch(from, residual, to)),
    relu && reluDispatch,
    mask && ((from: Scratch, to: Tensor | Scratch) => reluGradientDispatch(from, mask, to)),
  ].filter((pass) => pass !== undefined && pass !== false);
  const between = passes.map(() => scratch(y.shape, y.dtype));
  const product = largeMatmul(
    target,
    { m: sizeOf(x.shape) / k, n, k, a: x, b, bias, c: between[0] ?? y },
    { transposeA: false, transposeB: transposed },
  );
  return product && [...product, ...passes.map((pass, i) => pass(between[i]!, between[i + 1] ?? y))];
}

/** The weights' gradient dW = xᵀ dy; undefined where the weights fit. */
export function largePointwiseWeightGradient(
  target: Target,
  x: Tensor,
  dy: Tensor,
  dWeight: Tensor,
): Dispatch[] | undefined {
  const [m, n] = [x.shape.at(-1)!, dy.shape.at(-1)!];
  const product = { m, n, k: sizeOf(x.shape) / m, a: x, b: dy, bias: undefined, c: matrixOf(dWeight) };
  return largeMatmul(target, product, { transposeA: true, transposeB: false });
}
