// What every GEMM core shares: C[rowC(m), n] = sum over taps t and k of A[m, t, k] * B[tapB(t) * INNER + k, n],
// with the epilogue that is asked for: + bias[n], + residual[rowC(m), n], max(…, 0), 0 where mask[rowC(m), n] is not above 0.
// B and C are row-major; a core says how many neighbouring columns it handles as one value (Columns), and what these are as
// stored in B and in C. TAPS are the pieces of the inner dimension within which A is regular: 1 for a matrix, the taps of a
// convolution's kernel. They are cut into slices, each with a result of its own.

override M: u32;
override N: u32;
override TAPS: u32 = 1u;
override INNER: u32;
override TAPS_PER_SLICE: u32 = TAPS;
override COLUMN_BLOCKS: u32;
override DISPATCH_WIDTH: u32;
override HAS_BIAS: bool = false;
override RESIDUAL: bool = false;
override RELU: bool = false;
override MASKED: bool = false;
override ROW_B: u32 = N / COLUMNS;

@group(0) @binding(2) var<storage, read> bias: array<Columns>;
@group(0) @binding(3) var<storage, read_write> c: array<ResultColumns>;
@group(0) @binding(4) var<storage, read> residual: array<ResultColumns>;
@group(0) @binding(5) var<storage, read> mask: array<ResultColumns>;

// Rows of B past the end of a tap are read too: they meet zeros of A.
fn indexB(tap: u32, k: u32, column: u32) -> u32 {
  return ((tapB(tap) * INNER + k) * N + column) / COLUMNS;
}

fn store(m: u32, n: u32, value: Columns, slice: u32) {
  if (m < M) {
    var result = value;
    if (HAS_BIAS) {
      result += bias[n / COLUMNS];
    }
    let place = ((slice * M + rowC(m)) * N + n) / COLUMNS;
    if (RESIDUAL) {
      result += Columns(residual[place]);
    }
    if (RELU) {
      // Written as a selection so that NaN passes through, as in PyTorch.
      result = select(result, Columns(), result <= Columns());
    }
    if (MASKED) {
      result = select(result, Columns(), Columns(mask[place]) <= Columns());
    }
    c[place] = ResultColumns(result);
  }
}
