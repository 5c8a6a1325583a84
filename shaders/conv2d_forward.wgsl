// Operands of a 2-D convolution as an implicit GEMM, NHWC images and HWIO weights:
// rows are output pixels (n, oh, ow), the inner dimension is (kh, kw, ci), columns are output channels.

override M: u32; // batch * OH * OW
override N: u32; // output channels
override K: u32; // KH * KW * CI
override H: i32;
override W: i32;
override CI: u32;
override OH: u32;
override OW: u32;
override KW: u32;
override STRIDE: i32;
override PADDING: i32;
override HAS_BIAS: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

struct Rows {
  offset: vec4i,
  ih: vec4i,
  iw: vec4i,
}

struct Column {
  offset: i32,
  kh: i32,
  kw: i32,
}

fn rowsA(m: u32) -> Rows {
  let pixel = min(vec4u(m) + vec4u(0u, 1u, 2u, 3u), vec4u(M - 1u));
  let ow = pixel % OW;
  let oh = (pixel / OW) % OH;
  let image = pixel / (OW * OH);
  let ih = vec4i(oh) * STRIDE - PADDING;
  let iw = vec4i(ow) * STRIDE - PADDING;
  return Rows(((vec4i(image) * H + ih) * W + iw) * i32(CI), ih, iw);
}

fn colA(k: u32) -> Column {
  let tap = k / CI;
  let kh = i32(tap / KW);
  let kw = i32(tap % KW);
  return Column((kh * W + kw) * i32(CI) + i32(k % CI), kh, kw);
}

fn loadA(rows: Rows, col: Column) -> vec4f {
  let inside = (vec4u(rows.ih + vec4i(col.kh)) < vec4u(u32(H))) & (vec4u(rows.iw + vec4i(col.kw)) < vec4u(u32(W)));
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
  return weight[row + column];
}

fn store(m: u32, n: u32, value: f32, slice: u32) {
  var result = value;
  if (HAS_BIAS) {
    result += bias[n];
  }
  y[m * N + n] = result;
}
