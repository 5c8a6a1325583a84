// matmul: C[M, N] = op(A) op(B) (+ bias[N]), op being the transposition asked for. The gradients are two more products.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor, TensorSpec } from "../graph/tensor.js";
import { type GemmCore, gemm, gemmCores } from "../plan/gemm.js";
import { outputOf, scratch, transpose } from "../plan/lowering.js";
import { cast, weightGradient } from "./cast.js";
import { columnSumsOp } from "./column-sums.js";
import { type FloatType, floatType, requireF32 } from "./float-type.js";
import { largeMatmul } from "./large-matmul.js";

export interface MatmulAttributes {
  /** A is stored as [K, M]. */
  readonly transposeA: boolean;
  /** B is stored as [N, K]. */
  readonly transposeB: boolean;
  /** The type of C; that of A and B where absent. Of f16 matrices it may be f32. */
  readonly dtype?: "f32";
}

function sizes([a, b, bias]: readonly TensorSpec[], { transposeA, transposeB }: MatmulAttributes) {
  const expected = `${transposeA ? "[K, M]" : "[M, K]"} and ${transposeB ? "[N, K]" : "[K, N]"}${bias ? " and [N]" : ""}`;
  const shapes = bias ? [a!.shape, b!.shape, bias.shape] : [a!.shape, b!.shape];
  if (a!.shape.length !== 2 || b!.shape.length !== 2) {
    throw new ShapeError("matmul", shapes, expected);
  }
  const [m, k] = transposeA ? [a!.shape[1]!, a!.shape[0]!] : [a!.shape[0]!, a!.shape[1]!];
  const [kB, n] = transposeB ? [b!.shape[1]!, b!.shape[0]!] : [b!.shape[0]!, b!.shape[1]!];
  if (k !== kB || (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== n))) {
    throw new ShapeError("matmul", shapes, expected);
  }
  return { m, n, k };
}

export const matmulOp: Op<MatmulAttributes> = {
  name: "matmul",
  infer(inputs, attributes) {
    const { m, n } = sizes(inputs, attributes);
    const [a, b, bias] = inputs;
    const dtype = floatType("matmul", a!, b!);
    if (bias !== undefined) {
      requireF32("matmul", "bias", bias);
    }
    return [{ shape: [m, n], dtype: attributes.dtype ?? dtype }];
  },
  gradient(graph, node, { transposeA, transposeB }, [dy], wanted) {
    const [a, b, bias] = node.inputs;
    if (dy === undefined) {
      return [];
    }
    const dc = cast(graph, dy, a!.dtype as FloatType);
    const gradientOfA = () =>
      transposeA
        ? matmul(graph, b!, dc, { transposeA: transposeB, transposeB: true })
        : matmul(graph, dc, b!, { transposeB: !transposeB });
    const da = wanted(a!) ? gradientOfA() : undefined;
    const unrounded = dc.dtype === "f16" ? ({ dtype: "f32" } as const) : {};
    const db = transposeB
      ? matmul(graph, dc, a!, { transposeA: true, transposeB: transposeA, ...unrounded })
      : matmul(graph, a!, dc, { transposeA: !transposeA, ...unrounded });
    const gradients = [da, weightGradient(graph, b!, db)];
    return bias ? [...gradients, graph.add(columnSumsOp, [dy], null)[0]!] : gradients;
  },
  batched(node, { transposeA, transposeB }) {
    if (!transposeA) {
      return { inputs: [true], outputs: "rows" };
    }
    // Both run along the rows that are summed over, as in a weight gradient; a bias would be added by every part.
    return transposeB || node.inputs.length > 2 ? undefined : { inputs: [true, true], outputs: "sum" };
  },
  variants(target, node, attributes) {
    const { m, n, k } = sizes(node.inputs, attributes);
    const { transposeA } = attributes;
    const inFours = k % 4 === 0 && (!transposeA || m % 4 === 0);
    const fours = inFours ? (transposeA ? "rows" : "inner") : undefined;
    return gemmCores(target, { m, n, k, fours }, node.inputs[0]!.dtype);
  },
  lower({ target, variant }, node, { transposeA, transposeB }) {
    const [a, b, bias] = node.inputs;
    const { m, n, k } = sizes(node.inputs, { transposeA, transposeB });
    const whole = { m, n, k, a: a!, b: b!, bias, c: outputOf(node) };
    const large = largeMatmul(target, whole, { transposeA, transposeB });
    if (large !== undefined) {
      return large;
    }
    const rowMajorB = transposeB ? scratch([k, n], b!.dtype) : b!;
    const product = gemm(target, variant as GemmCore, {
      rows: "matmul",
      m,
      n,
      taps: 1,
      inner: k,
      innerStride: transposeA ? m : 1,
      rowsInFours: transposeA && m % 4 === 0,
      constants: { A_ROW: transposeA ? 1 : k },
      a: a!,
      b: rowMajorB,
      bias,
      c: outputOf(node),
    });
    return "scratch" in rowMajorB ? [transpose(b!, rowMajorB, 1, n, k), ...product] : product;
  },
};

/**
 * Matrix product of two matrices, either of them transposed on the way.
 *
 * @param a [M, K], or [K, M] with `transposeA`
 * @param b [K, N], or [N, K] with `transposeB`
 * @param options which are transposed, and f32 for the product of f16 matrices unrounded
 * @returns [M, N]
 * @throws ShapeError where the shapes do not fit, InputError where the types differ
 */
export function matmul(graph: Graph, a: Tensor, b: Tensor, options: Partial<MatmulAttributes> = {}): Tensor {
  return graph.add(matmulOp, [a, b], { transposeA: false, transposeB: false, ...options })[0]!;
}
