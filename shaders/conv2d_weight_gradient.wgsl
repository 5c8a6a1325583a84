// Operands of the gradient of a 2-D convolution with respect to its weights, as an implicit GEMM cut into slices of the
// inner dimension: rows are (kh, kw, ci), the inner dimension is output pixels (n, oh, ow), columns are output channels.
// Each slice writes a sum of its own; reduce_slices adds them in order.

override M: u32; // KH * KW * CI
override N: u32; // output channels
override K: u32; // batch * OH * OW
override H: i32;
override W: i32;
override CI: u32;
override OH: u32;
override OW: u32;
override KW: u32;
override STRIDE: i32;
override PADDING: i32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> partial: array<f32>;

struct Rows {
  offset: vec4i,
  kh: vec4i,
  kw: vec4i,
}

struct Column {
  offset: i32,
  ih: i32,
  iw: i32,
}

fn rowsA(m: u32) -> Rows {
  let row = min(vec4u(m) + vec4u(0u, 1u, 2u, 3u), vec4u(M - 1u));
  let tap = row / CI;
  let kh = vec4i(tap / KW);
  let kw = vec4i(tap % KW);
  return Rows((kh * W + kw) * i32(CI) + vec4i(row % CI), kh, kw);
}

fn colA(k: u32) -> Column {
  let ih = i32((k / OW) % OH) * STRIDE - PADDING;
  let iw = i32(k % OW) * STRIDE - PADDING;
  let image = i32(k / (OW * OH));
  return Column(((image * H + ih) * W + iw) * i32(CI), ih, iw);
}

fn loadA(rows: Rows, col: Column) -> vec4f {
  let inside = (vec4u(rows.kh + vec4i(col.ih)) < vec4u(u32(H))) & (vec4u(rows.kw + vec4i(col.iw)) < vec4u(u32(W)));
  let i = select(vec4i(), rows.offset + vec4i(col.offset), inside);
  return select(vec4f(), vec4f(x[i.x], x[i.y], x[i.z], x[i.w]), inside);
}

fn offsetB(k: u32) -> u32 {
  return k * N;
}

fn columnB(n: u32) -> u32 {
  return n;
}

fn loadB(row: u32, column: u32) -> f32 {
  return dy[row + column];
}

fn store(m: u32, n: u32, value: f32, slice: u32) {
  partial[(slice * M + m) * N + n] = value;
}
