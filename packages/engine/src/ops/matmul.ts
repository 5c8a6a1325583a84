// matmul: C[M, N] = op(A) op(B) (+ bias[N]), op being the transposition asked for. The gradients are two more products.
import { ShapeError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Op } from "../graph/op.js";
import type { Tensor, TensorSpec } from "../graph/tensor.js";
import { type GemmCore, gemm, gemmCores } from "../plan/gemm.js";
import { outputOf, scratch, transpose } from "../plan/lowering.js";
import { columnSumsOp } from "./column-sums.js";

export interface MatmulAttributes {
  /** A is stored as [K, M]. */
  readonly transposeA: boolean;
  /** B is stored as [N, K]. */
  readonly transposeB: boolean;
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
    return [{ shape: [m, n], dtype: "f32" }];
  },
  gradient(graph, node, { transposeA, transposeB }, [dy], wanted) {
    const [a, b, bias] = node.inputs;
    if (dy === undefined) {
      return [];
    }
    const gradientOfA = () =>
      transposeA
        ? matmul(graph, b!, dy, { transposeA: transposeB, transposeB: true })
        : matmul(graph, dy, b!, { transposeB: !transposeB });
    const da = wanted(a!) ? gradientOfA() : undefined;
    const db = transposeB
      ? matmul(graph, dy, a!, { transposeA: true, transposeB: transposeA })
      : matmul(graph, a!, dy, { transposeA: !transposeA });
    return bias ? [da, db, graph.add(columnSumsOp, [dy], null)[0]!] : [da, db];
  },
  batched(node, { transposeA, transposeB }) {
    if (!transposeA) {
      return { inputs: [true], outputs: "rows" };
    }
    // Both run along the rows that are summed over, as in a weight gradient; a bias would be added by every part.
    return transposeB || node.inputs.length > 2 ? undefined : { inputs: [true, true], outputs: "sum" };
  },
  variants(target, node, attributes) {
    const { m, n } = sizes(node.inputs, attributes);
    return gemmCores(target, m, n);
  },
  lower({ target, variant }, node, { transposeA, transposeB }) {
    const { m, n, k } = sizes(node.inputs, { transposeA, transposeB });
    const [a, b, bias] = node.inputs;
    const rowMajorB = transposeB ? scratch([k, n]) : b!;
    const product = gemm(target, variant as GemmCore, {
      rows: "matmul",
      m,
      n,
      taps: 1,
      inner: k,
      innerStride: transposeA ? m : 1,
      constants: { A_ROW: transposeA ? 1 : k },
      a: a!,
      b: rowMajorB,
      bias,
      c: outputOf(node),
    });
    return "scratch" in rowMajorB ? [transpose(b!, rowMajorB, 1, n, k), product] : [product];
  },
};

/**
 * Matrix product of two matrices, either of them transposed on the way.
 *
 * @param a [M, K], or [K, M] with `transposeA`
 * @param b [K, N], or [N, K] with `transposeB`
 * @returns [M, N]
 * @throws ShapeError where the shapes do not fit
 */
export function matmul(graph: Graph, a: Tensor, b: Tensor, options: Partial<MatmulAttributes> = {}): Tensor {
  return graph.add(matmulOp, [a, b], { transposeA: false, transposeB: false, ...options })[0]!;
}
