// Gradients of F(4×4, 3×3)'s products: A dy Aᵀ of every 4×4 tile of dy, zero past the image's end. An invocation a tile and
// four channels. Joined to winograd_tiles.

override OH: u32;
override OW: u32;

// A times a column of four.
fn lift(a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> Six {
  let near = a + 0.5 * c;
  let nearOdd = (ROOT / 2.0) * (b + 0.5 * d);
  let far = a + 2.0 * c;
  let farOdd = ROOT * (b + 2.0 * d);
  return Six(a, near + nearOdd, near - nearOdd, far + farOdd, far - farOdd, d);
}

fn pixel(image: u32, h: u32, w: u32, group: u32) -> vec4f {
  let inside = (h < OH) & (w < OW);
  return select(vec4f(), loadX(select(0u, ((image * OH + h) * OW + w) * GROUPS + group, inside)), inside);
}

fn row(image: u32, h: u32, w: u32, group: u32) -> Six {
  return lift(
    pixel(image, h, w, group), pixel(image, h, w + 1u, group), pixel(image, h, w + 2u, group), pixel(image, h, w + 3u, group),
  );
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
  let r0 = row(image, h, w, group);
  let r1 = row(image, h + 1u, w, group);
  let r2 = row(image, h + 2u, w, group);
  let r3 = row(image, h + 3u, w, group);
  store(i, 0u, lift(r0.a, r1.a, r2.a, r3.a));
  store(i, 1u, lift(r0.b, r1.b, r2.b, r3.b));
  store(i, 2u, lift(r0.c, r1.c, r2.c, r3.c));
  store(i, 3u, lift(r0.d, r1.d, r2.d, r3.d));
  store(i, 4u, lift(r0.e, r1.e, r2.e, r3.e));
  store(i, 5u, lift(r0.f, r1.f, r2.f, r3.f));
}
