// Operands of the gradient of a 2-D convolution with respect to its input, as an implicit GEMM:
// rows are input pixels (n, ih, iw), the inner dimension is (kh, kw, co), columns are input channels.
// dx[n, ih, iw, ci] = sum over kh, kw, co of dy[n, (ih + P - kh) / S, (iw + P - kw) / S, co] * w[kh, kw, ci, co],
// a term being absent where the division leaves a remainder or the pixel lies outside.

override M: u32; // batch * H * W
override N: u32; // input channels
override K: u32; // KH * KW * CO
override H: u32;
override W: u32;
override CO: u32;
override OH: i32;
override OW: i32;
override KW: u32;
override STRIDE: i32;
override PADDING: i32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

struct Rows {
  offset: vec4i,
  ih: vec4i,
  iw: vec4i,
}

struct Column {
  co: i32,
  kh: i32,
  kw: i32,
}

fn rowsA(m: u32) -> Rows {
  let pixel = min(vec4u(m) + vec4u(0u, 1u, 2u, 3u), vec4u(M - 1u));
  let iw = pixel % W;
  let ih = (pixel / W) % H;
  let image = pixel / (W * H);
  return Rows(vec4i(image) * OH, vec4i(ih) + PADDING, vec4i(iw) + PADDING);
}

fn colA(k: u32) -> Column {
  let tap = k / CO;
  return Column(i32(k % CO), i32(tap / KW), i32(tap % KW));
}

fn loadA(rows: Rows, col: Column) -> vec4f {
  let h = rows.ih - vec4i(col.kh);
  let w = rows.iw - vec4i(col.kw);
  // A negative numerator wraps to a large unsigned one, whose quotient stays outside: one comparison checks both ends.
  let oh = vec4u(h) / u32(STRIDE);
  let ow = vec4u(w) / u32(STRIDE);
  var inside = (oh < vec4u(u32(OH))) & (ow < vec4u(u32(OW)));
  if (STRIDE > 1) {
    inside = inside & (oh * u32(STRIDE) == vec4u(h)) & (ow * u32(STRIDE) == vec4u(w));
  }
  let i = select(vec4i(), ((rows.offset + vec4i(oh)) * OW + vec4i(ow)) * i32(CO) + vec4i(col.co), inside);
  return select(vec4f(), vec4f(dy[i.x], dy[i.y], dy[i.z], dy[i.w]), inside);
}

fn offsetB(k: u32) -> u32 {
  return (k / CO) * N * CO + k % CO;
}

fn columnB(n: u32) -> u32 {
  return n * CO;
}

fn loadB(row: u32, column: u32) -> f32 {
  return weight[row + column];
}

fn store(m: u32, n: u32, value: f32, slice: u32) {
  dx[m * N + n] = value;
}
