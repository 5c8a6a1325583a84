// The gradient of a 3×3 convolution of stride 1 with respect to its weights, for few channels, by subgroups of 8 lanes that read
// from textures: dw[kh, kw, ci, co] = sum over n, h, w of x[n, h + kh - PADDING, w + kw - PADDING, ci] * dy[n, h, w, co]. A quad of a
// workgroup's lanes makes the nine taps of 4 input channels and 16 output channels, 4 a lane, of a slice of dy's rows; it walks along
// each row 4 pixels at a time, loads the 3 × 6 pixels of x that these meet once for all taps, and spreads them with quadBroadcast.
// reduce_slices adds up the slices in order. CI and CO are multiples of 4. Joined to texels.

override H: i32;
override W: i32;
override CI: u32;
override CO: u32;
override OH: u32;
override OW: u32;
override PADDING: i32;
override ROWS: u32; // of dy: N * OH
override ROWS_PER_SLICE: u32;

const QUAD = 4u;
const LANES = 8u;
const PIXELS = 4u;
const MET = PIXELS + 2u;

@group(0) @binding(0) var x: Texels;
@group(0) @binding(1) var dy: Texels;
@group(0) @binding(2) var<storage, read_write> dw: array<vec4f>;

/** dy of the pixels. */
struct Pixels {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
}

fn loadX(image: i32, h: i32, w: i32, ci: u32) -> vec4f {
  let inside = (u32(h) < u32(H)) & (u32(w) < u32(W));
  let index = select(0u, u32((image * H + h) * W + w) * CI, inside) + ci;
  return select(vec4f(), textureLoad(x, texelAt(index / 4u)), inside);
}

fn loadDy(row: u32, w: u32, co: u32) -> vec4f {
  return select(vec4f(), textureLoad(dy, texelAt((row * OW + w) * (CO / 4u) + co / 4u)), w < OW);
}

fn along(sum: vec4f, x0: f32, x1: f32, x2: f32, x3: f32, d: Pixels) -> vec4f {
  var result = sum;
  result = fma(vec4f(x0), d.a, result);
  result = fma(vec4f(x1), d.b, result);
  result = fma(vec4f(x2), d.c, result);
  result = fma(vec4f(x3), d.d, result);
  return result;
}

fn store(slice: u32, tap: u32, ci: u32, co: u32, a: vec4f, b: vec4f, c: vec4f, d: vec4f) {
  let at = (((slice * 9u + tap) * CI + ci) * CO + co) / 4u;
  dw[at] = a;
  dw[at + CO / 4u] = b;
  dw[at + 2u * (CO / 4u)] = c;
  dw[at + 3u * (CO / 4u)] = d;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let slice = workgroup.x;
  let lane = local.x % QUAD;
  let inputs = (workgroup.y * (LANES / QUAD) + local.x / QUAD) * 4u;
  let outputs = (workgroup.z * QUAD + lane) * 4u;
  // Lanes past the last channel compute the last ones again, and do not store them.
  let ci = min(inputs, CI - 4u);
  let co = min(outputs, CO - 4u);

  let h0 = i32((0u + lane) / MET) - PADDING;
  let w0 = i32((0u + lane) % MET) - PADDING;
  let h1 = i32((4u + lane) / MET) - PADDING;
  let w1 = i32((4u + lane) % MET) - PADDING;
  let h2 = i32((8u + lane) / MET) - PADDING;
  let w2 = i32((8u + lane) % MET) - PADDING;
  let h3 = i32((12u + lane) / MET) - PADDING;
  let w3 = i32((12u + lane) % MET) - PADDING;
  let h4 = i32((16u + lane) / MET) - PADDING;
  let w4 = i32((16u + lane) % MET) - PADDING;
  var c00 = vec4f(); var c01 = vec4f(); var c02 = vec4f(); var c03 = vec4f();
  var c10 = vec4f(); var c11 = vec4f(); var c12 = vec4f(); var c13 = vec4f();
  var c20 = vec4f(); var c21 = vec4f(); var c22 = vec4f(); var c23 = vec4f();
  var c30 = vec4f(); var c31 = vec4f(); var c32 = vec4f(); var c33 = vec4f();
  var c40 = vec4f(); var c41 = vec4f(); var c42 = vec4f(); var c43 = vec4f();
  var c50 = vec4f(); var c51 = vec4f(); var c52 = vec4f(); var c53 = vec4f();
  var c60 = vec4f(); var c61 = vec4f(); var c62 = vec4f(); var c63 = vec4f();
  var c70 = vec4f(); var c71 = vec4f(); var c72 = vec4f(); var c73 = vec4f();
  var c80 = vec4f(); var c81 = vec4f(); var c82 = vec4f(); var c83 = vec4f();
  let end = min(ROWS, (slice + 1u) * ROWS_PER_SLICE);
  for (var row = slice * ROWS_PER_SLICE; row < end; row += 1u) {
    let image = i32(row / OH);
    let h = i32(row % OH);
    for (var w = 0u; w < OW; w += PIXELS) {
      let x0 = loadX(image, h + h0, i32(w) + w0, ci);
      let x1 = loadX(image, h + h1, i32(w) + w1, ci);
      let x2 = loadX(image, h + h2, i32(w) + w2, ci);
      let x3 = loadX(image, h + h3, i32(w) + w3, ci);
      let x4 = loadX(image, h + h4, i32(w) + w4, ci);
      let d = Pixels(loadDy(row, w + 0u, co), loadDy(row, w + 1u, co), loadDy(row, w + 2u, co), loadDy(row, w + 3u, co));
      let p00 = quadBroadcast(x0, 0u);
      let p01 = quadBroadcast(x0, 1u);
      let p02 = quadBroadcast(x0, 2u);
      let p03 = quadBroadcast(x0, 3u);
      let p04 = quadBroadcast(x1, 0u);
      let p05 = quadBroadcast(x1, 1u);
      let p10 = quadBroadcast(x1, 2u);
      let p11 = quadBroadcast(x1, 3u);
      let p12 = quadBroadcast(x2, 0u);
      let p13 = quadBroadcast(x2, 1u);
      let p14 = quadBroadcast(x2, 2u);
      let p15 = quadBroadcast(x2, 3u);
      let p20 = quadBroadcast(x3, 0u);
      let p21 = quadBroadcast(x3, 1u);
      let p22 = quadBroadcast(x3, 2u);
      let p23 = quadBroadcast(x3, 3u);
      let p24 = quadBroadcast(x4, 0u);
      let p25 = quadBroadcast(x4, 1u);
      c00 = along(c00, p00.x, p01.x, p02.x, p03.x, d);
      c01 = along(c01, p00.y, p01.y, p02.y, p03.y, d);
      c02 = along(c02, p00.z, p01.z, p02.z, p03.z, d);
      c03 = along(c03, p00.w, p01.w, p02.w, p03.w, d);
      c10 = along(c10, p01.x, p02.x, p03.x, p04.x, d);
      c11 = along(c11, p01.y, p02.y, p03.y, p04.y, d);
      c12 = along(c12, p01.z, p02.z, p03.z, p04.z, d);
      c13 = along(c13, p01.w, p02.w, p03.w, p04.w, d);
      c20 = along(c20, p02.x, p03.x, p04.x, p05.x, d);
      c21 = along(c21, p02.y, p03.y, p04.y, p05.y, d);
      c22 = along(c22, p02.z, p03.z, p04.z, p05.z, d);
      c23 = along(c23, p02.w, p03.w, p04.w, p05.w, d);
      c30 = along(c30, p10.x, p11.x, p12.x, p13.x, d);
      c31 = along(c31, p10.y, p11.y, p12.y, p13.y, d);
      c32 = along(c32, p10.z, p11.z, p12.z, p13.z, d);
      c33 = along(c33, p10.w, p11.w, p12.w, p13.w, d);
      c40 = along(c40, p11.x, p12.x, p13.x, p14.x, d);
      c41 = along(c41, p11.y, p12.y, p13.y, p14.y, d);
      c42 = along(c42, p11.z, p12.z, p13.z, p14.z, d);
      c43 = along(c43, p11.w, p12.w, p13.w, p14.w, d);
      c50 = along(c50, p12.x, p13.x, p14.x, p15.x, d);
      c51 = along(c51, p12.y, p13.y, p14.y, p15.y, d);
      c52 = along(c52, p12.z, p13.z, p14.z, p15.z, d);
      c53 = along(c53, p12.w, p13.w, p14.w, p15.w, d);
      c60 = along(c60, p20.x, p21.x, p22.x, p23.x, d);
      c61 = along(c61, p20.y, p21.y, p22.y, p23.y, d);
      c62 = along(c62, p20.z, p21.z, p22.z, p23.z, d);
      c63 = along(c63, p20.w, p21.w, p22.w, p23.w, d);
      c70 = along(c70, p21.x, p22.x, p23.x, p24.x, d);
      c71 = along(c71, p21.y, p22.y, p23.y, p24.y, d);
      c72 = along(c72, p21.z, p22.z, p23.z, p24.z, d);
      c73 = along(c73, p21.w, p22.w, p23.w, p24.w, d);
      c80 = along(c80, p22.x, p23.x, p24.x, p25.x, d);
      c81 = along(c81, p22.y, p23.y, p24.y, p25.y, d);
      c82 = along(c82, p22.z, p23.z, p24.z, p25.z, d);
      c83 = along(c83, p22.w, p23.w, p24.w, p25.w, d);
    }
  }
  if ((inputs >= CI) | (outputs >= CO)) {
    return;
  }
  store(slice, 0u, ci, co, c00, c01, c02, c03);
  store(slice, 1u, ci, co, c10, c11, c12, c13);
  store(slice, 2u, ci, co, c20, c21, c22, c23);
  store(slice, 3u, ci, co, c30, c31, c32, c33);
  store(slice, 4u, ci, co, c40, c41, c42, c43);
  store(slice, 5u, ci, co, c50, c51, c52, c53);
  store(slice, 6u, ci, co, c60, c61, c62, c63);
  store(slice, 7u, ci, co, c70, c71, c72, c73);
  store(slice, 8u, ci, co, c80, c81, c82, c83);
}
