// Images for F(4×4, 3×3): V = Bᵀ d B of every 6×6 tile d, tiles 4 apart, zero outside the image. An invocation a tile and four
// channels. Joined to winograd_tiles.

override H: i32;
override W: i32;
override PADDING: i32;

// Bᵀ times a column of six.
fn spread(t: Six) -> Six {
  let near = t.e - 2.0 * t.c;
  let nearOdd = (ROOT / 2.0) * (t.d - 2.0 * t.b);
  let far = t.e - 0.5 * t.c;
  let farOdd = ROOT * (t.d - 0.5 * t.b);
  return Six(
    t.a - 2.5 * t.c + t.e, near + nearOdd, near - nearOdd, far + farOdd, far - farOdd, t.b - 2.5 * t.d + t.f,
  );
}

fn pixel(image: i32, h: i32, w: i32, group: i32) -> vec4f {
  let inside = (u32(h) < u32(H)) & (u32(w) < u32(W));
  return select(vec4f(), loadX(u32(select(0, ((image * H + h) * W + w) * i32(GROUPS) + group, inside))), inside);
}

fn row(image: i32, h: i32, w: i32, group: i32) -> Six {
  return spread(Six(
    pixel(image, h, w, group), pixel(image, h, w + 1, group), pixel(image, h, w + 2, group),
    pixel(image, h, w + 3, group), pixel(image, h, w + 4, group), pixel(image, h, w + 5, group),
  ));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= TILES * GROUPS) {
    return;
  }
  let group = i32(i % GROUPS);
  let tile = i / GROUPS;
  let image = i32(tile / (TILES_W * TILES_H));
  let h = i32((tile / TILES_W) % TILES_H) * 4 - PADDING;
  let w = i32(tile % TILES_W) * 4 - PADDING;
  let r0 = row(image, h, w, group);
  let r1 = row(image, h + 1, w, group);
  let r2 = row(image, h + 2, w, group);
  let r3 = row(image, h + 3, w, group);
  let r4 = row(image, h + 4, w, group);
  let r5 = row(image, h + 5, w, group);
  store(i, 0u, spread(Six(r0.a, r1.a, r2.a, r3.a, r4.a, r5.a)));
  store(i, 1u, spread(Six(r0.b, r1.b, r2.b, r3.b, r4.b, r5.b)));
  store(i, 2u, spread(Six(r0.c, r1.c, r2.c, r3.c, r4.c, r5.c)));
  store(i, 3u, spread(Six(r0.d, r1.d, r2.d, r3.d, r4.d, r5.d)));
  store(i, 4u, spread(Six(r0.e, r1.e, r2.e, r3.e, r4.e, r5.e)));
  store(i, 5u, spread(Six(r0.f, r1.f, r2.f, r3.f, r4.f, r5.f)));
}
