// Products with a matrix that passes the adapter's binding limit, such as the first linear layer of AlexNet and VGG: cut along the
// rows of that matrix, each part bound by itself. C[M, N] = A[M, K] B[K, N] in the three ways in which linear layers and 1×1
// convolutions need it, forward and for their gradients.
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { gemm, gemmCores } from "../plan/gemm.js";
import { addInto, type Dispatch, type Scratch, scratch, type Target, transpose } from "../plan/lowering.js";
import { bytesOf } from "../plan/memory.js";
import { cut, type Part, rowsOf, viewOf } from "../plan/parts.js";
import { biasDispatch } from "./bias.js";
import { castDispatch } from "./cast.js";

type Matrix = Tensor | Scratch;

/** A product and its sizes; bias [N] is added to each row. */
export interface LargeProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly bias: Tensor | undefined;
  readonly c: Matrix;
}

/** Elements of whose multiples a view may begin, so that it lies on 256 bytes in f16 too. */
const ALIGNED = 128;

/**
 * The dispatches of a product that has a matrix over the limit, and is one of the three ways: B stored as [N, K], B stored as
 * [K, N], or A stored as [K, M] with no bias.
 *
 * @returns undefined where it is none, or none of its matrices passes the limit
 */
export function largeMatmul(
  target: Target,
  product: LargeProduct,
  { transposeA, transposeB }: { readonly transposeA: boolean; readonly transposeB: boolean },
): Dispatch[] | undefined {
  const passes = (tensor: Matrix) => bytesOf(tensor) > target.maxBindingBytes;
  if (!transposeA && passes(product.b) && product.k % 4 === 0) {
    return transposeB ? byRowsOfTransposedB(target, product) : byRowsOfB(target, product);
  }
  return transposeA && !transposeB && product.bias === undefined && passes(product.c)
    ? byRowsOfC(target, product)
    : undefined;
}

/** Cᵀ = B Aᵀ with B stored as [N, K], a part of B making a part of Cᵀ; then turned, and the bias added. */
function byRowsOfTransposedB(target: Target, { m, n, k, a, b, bias, c }: LargeProduct): Dispatch[] {
  const turnedA = scratch([k, m], a.dtype);
  const turnedC = scratch([n, m], c.dtype);
  const plain = bias === undefined ? c : scratch([m, n], c.dtype);
  return [
    transpose(a, turnedA, 1, m, k),
    ...alignedParts(b, target).flatMap((part) =>
      productOf(target, { m: part.count, n: m, k, a: rowsOf(b, part), b: turnedA, c: rowsOf(turnedC, part) }),
    ),
    transpose(turnedC, plain, 1, n, m),
    ...(bias === undefined ? [] : [biasDispatch(plain, bias, c)]),
  ];
}

/** A part of B meets the columns of A of the same numbers, and the parts' products add up in f32. */
function byRowsOfB(target: Target, { m, n, k, a, b, bias, c }: LargeProduct): Dispatch[] {
  const sum = c.dtype === "f16" ? scratch([m, n]) : c;
  const dispatches = alignedParts(b, target).flatMap((part, i) => {
    const product = i === 0 ? sum : scratch([m, n]);
    const own = { m, n, k: part.count, a: columnsFrom(a, part), b: rowsOf(b, part), c: product, rowOfA: k };
    return i === 0 ? productOf(target, { ...own, bias }) : [...productOf(target, own), addInto(product, sum)];
  });
  return sum === c ? dispatches : [...dispatches, castDispatch(sum, c, "f16")];
}

/** With A stored as [K, M] a part of C is of the rows of its own numbers, which are columns of A as stored. */
function byRowsOfC(target: Target, { m, n, k, a, b, c }: LargeProduct): Dispatch[] {
  return alignedParts(c, target).flatMap((part) =>
    productOf(target, { m: part.count, n, k, a: columnsFrom(a, part), b, c: rowsOf(c, part), strideOfA: m }),
  );
}

interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: Matrix;
  readonly bias?: Tensor | undefined;
  /** How far apart A's rows lie; K where absent. */
  readonly rowOfA?: number;
  /** A is stored as [K, M], its rows' neighbours so far apart. */
  readonly strideOfA?: number;
}

function productOf(target: Target, { m, n, k, a, b, c, bias, rowOfA = k, strideOfA }: Product): Dispatch[] {
  const rowsInFours = strideOfA !== undefined && strideOfA % 4 === 0 && m % 4 === 0;
  const fours = k % 4 !== 0 ? undefined : rowsInFours ? "rows" : strideOfA === undefined ? "inner" : undefined;
  return gemm(target, gemmCores(target, { m, n, k, fours }, a.dtype)[0], {
    ...{ rows: "matmul", m, n, taps: 1, inner: k, a, b, bias, c },
    innerStride: strideOfA ?? 1,
    rowsInFours,
    constants: { A_ROW: strideOfA === undefined ? rowOfA : 1 },
  });
}

/** Parts of a matrix's rows that fit a binding and begin where every view may. */
function alignedParts(matrix: Matrix, { maxBindingBytes }: Target): Part[] {
  const rows = matrix.shape[0]!;
  const fit = Math.floor((maxBindingBytes * rows) / bytesOf(matrix) / ALIGNED) * ALIGNED;
  return cut(rows, Math.ceil(rows / Math.max(fit, ALIGNED)), ALIGNED);
}

/** A stored matrix from a column on: the same rows, as far apart as before. */
function columnsFrom(matrix: Tensor, { first }: Part): Tensor {
  return viewOf(matrix, [sizeOf(matrix.shape) - first], first);
}
