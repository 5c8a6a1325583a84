// From the 36 products of F(4×4, 3×3), each [TILES, C], to images: y = Aᵀ m A, a 4×4 tile an m, with the epilogue that is asked for:
// + bias, + residual, max(…, 0), 0 where mask is not above 0. What lies past the image's end is left out. An invocation a tile and four channels.

override OH: u32;
override OW: u32;
override TILES_H: u32;
override TILES_W: u32;
override TILES: u32; // N * TILES_H * TILES_W
override GROUPS: u32; // C / 4
override HAS_BIAS: bool = false;
override RESIDUAL: bool = false;
override RELU: bool = false;
override MASKED: bool = false;

@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<Stored4>;
@group(0) @binding(3) var<storage, read> residual: array<Stored4>;
@group(0) @binding(4) var<storage, read> mask: array<Stored4>;

struct Four {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
}

const ROOT = 1.4142135623730951;

// Aᵀ times a column of six.
fn gather(a: vec4f, b: vec4f, c: vec4f, d: vec4f, e: vec4f, f: vec4f) -> Four {
  let nearSum = b + c;
  let near = b - c;
  let farSum = d + e;
  let far = d - e;
  return Four(
    a + nearSum + farSum,
    ROOT * (0.5 * near + far),
    0.5 * nearSum + 2.0 * farSum,
    ROOT * (0.25 * near + 2.0 * far) + f,
  );
}

fn row(i: u32, r: u32) -> Four {
  let matrix = TILES * GROUPS;
  let at = r * 6u * matrix + i;
  return gather(
    product(at), product(at + matrix), product(at + 2u * matrix),
    product(at + 3u * matrix), product(at + 4u * matrix), product(at + 5u * matrix),
  );
}

fn storeOne(at: u32, value: vec4f) {
  var result = value;
  if (RESIDUAL) {
    result += vec4f(residual[at]);
  }
  if (RELU) {
    // Written as a selection so that NaN passes through, as in PyTorch.
    result = select(result, vec4f(), result <= vec4f());
  }
  if (MASKED) {
    result = select(result, vec4f(), vec4f(mask[at]) <= vec4f());
  }
  y[at] = Stored4(result);
}

fn store(image: u32, h: u32, w: u32, group: u32, t: Four) {
  let at = ((image * OH + h) * OW + w) * GROUPS + group;
  let next = OW * GROUPS;
  var offset = vec4f();
  if (HAS_BIAS) {
    offset = bias[group];
  }
  if (w < OW) {
    storeOne(at, t.a + offset);
    if (h + 1u < OH) {
      storeOne(at + next, t.b + offset);
    }
    if (h + 2u < OH) {
      storeOne(at + 2u * next, t.c + offset);
    }
    if (h + 3u < OH) {
      storeOne(at + 3u * next, t.d + offset);
    }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= TILES * GROUPS) {
    return;
  }
  let group = i % GROUPS;
  let tile = i / GROUPS;
  let image = tile / (TILES_W * TILES_H);
  let h = (tile / TILES_W) % TILES_H * 4u;
  let w = tile % TILES_W * 4u;
  let r0 = row(i, 0u);
  let r1 = row(i, 1u);
  let r2 = row(i, 2u);
  let r3 = row(i, 3u);
  let r4 = row(i, 4u);
  let r5 = row(i, 5u);
  store(image, h, w, group, gather(r0.a, r1.a, r2.a, r3.a, r4.a, r5.a));
  store(image, h, w + 1u, group, gather(r0.b, r1.b, r2.b, r3.b, r4.b, r5.b));
  store(image, h, w + 2u, group, gather(r0.c, r1.c, r2.c, r3.c, r4.c, r5.c));
  store(image, h, w + 3u, group, gather(r0.d, r1.d, r2.d, r3.d, r4.d, r5.d));
}
