// From the 36 products of F(4×4, 3×3)'s weight gradient, each [CI, CO] and a sum of SLICES parts, to the weights: dw = Gᵀ dU G.
// The parts are added in order. An invocation a pair of channels.

override LENGTH: u32; // CI * CO
override SLICES: u32;

@group(0) @binding(0) var<storage, read> du: array<f32>; // [36, SLICES, CI, CO]
@group(0) @binding(1) var<storage, read_write> dw: array<f32>; // [3, 3, CI, CO]

const ROOT = 1.4142135623730951;

struct Three {
  a: f32,
  b: f32,
  c: f32,
}

// Gᵀ times a column of six.
fn fold(a: f32, b: f32, c: f32, d: f32, e: f32, f: f32) -> Three {
  let near = b + c;
  let far = d + e;
  return Three(a - near / 1.5 + far / 6.0, (ROOT / 3.0) * (c - b) + (ROOT / 6.0) * (d - e), (far - near) / 3.0 + f);
}

fn product(i: u32, matrix: u32) -> f32 {
  var sum = 0.0;
  for (var s = matrix * SLICES; s < (matrix + 1u) * SLICES; s += 1u) {
    sum += du[s * LENGTH + i];
  }
  return sum;
}

fn row(i: u32, r: u32) -> Three {
  let at = 6u * r;
  return fold(
    product(i, at), product(i, at + 1u), product(i, at + 2u), product(i, at + 3u), product(i, at + 4u), product(i, at + 5u),
  );
}

fn store(i: u32, column: u32, t: Three) {
  dw[column * LENGTH + i] = t.a;
  dw[(3u + column) * LENGTH + i] = t.b;
  dw[(6u + column) * LENGTH + i] = t.c;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  let r0 = row(i, 0u);
  let r1 = row(i, 1u);
  let r2 = row(i, 2u);
  let r3 = row(i, 3u);
  let r4 = row(i, 4u);
  let r5 = row(i, 5u);
  store(i, 0u, fold(r0.a, r1.a, r2.a, r3.a, r4.a, r5.a));
  store(i, 1u, fold(r0.b, r1.b, r2.b, r3.b, r4.b, r5.b));
  store(i, 2u, fold(r0.c, r1.c, r2.c, r3.c, r4.c, r5.c));
}
