// Operands of a matrix product for the GEMM cores. Strides are constants, so one file serves every transposition:
// A[m,k] = a[m * A_ROW + k * A_COLUMN], B[k,n] = b[k * B_ROW + n * B_COLUMN]; the optional bias is a value a column.

override M: u32;
override N: u32;
override K: u32;
override A_ROW: u32;
override A_COLUMN: u32;
override B_ROW: u32;
override B_COLUMN: u32;
override HAS_BIAS: bool = false;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;

fn rowsA(m: u32) -> vec4u {
  return min(vec4u(m) + vec4u(0u, 1u, 2u, 3u), vec4u(M - 1u)) * A_ROW;
}

fn colA(k: u32) -> u32 {
  return k * A_COLUMN;
}

fn loadA(rows: vec4u, col: u32) -> vec4f {
  let i = rows + vec4u(col);
  return vec4f(a[i.x], a[i.y], a[i.z], a[i.w]);
}

fn offsetB(k: u32) -> u32 {
  return k * B_ROW;
}

fn columnB(n: u32) -> u32 {
  return n * B_COLUMN;
}

fn loadB(row: u32, column: u32) -> f32 {
  return b[row + column];
}

fn store(m: u32, n: u32, value: f32, slice: u32) {
  var result = value;
  if (HAS_BIAS) {
    result += bias[n];
  }
  c[(slice * M + m) * N + n] = result;
}
