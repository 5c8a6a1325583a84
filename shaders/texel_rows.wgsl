// What lane_rows does, where it is rows of A that are neighbours in memory, four a texel: a lane loads neighbouring rows, a texel
// for each of four places along the inner dimension, and what lies across becomes what lies along. M, INNER_STRIDE and where
// every tap begins are multiples of 4. Joined to x_texels.

override INNER_STRIDE: u32 = 1u;

struct Rows4 {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
}

fn rowInTile(i: u32, lane: u32) -> u32 {
  return 4u * (ROW_LANES * (i / 4u) + lane) + i % 4u;
}

fn loadRows4(span0: Span, span1: Span, span2: Span, span3: Span, k: u32) -> Rows4 {
  let i = texelOf(offsetA(span0) + k * INNER_STRIDE);
  let next = INNER_STRIDE / 4u;
  let p = loadX(i);
  let q = loadX(i + next);
  let r = loadX(i + 2u * next);
  let s = loadX(i + 3u * next);
  return Rows4(
    maskA(span0, k, vec4f(p.x, q.x, r.x, s.x)),
    maskA(span0, k, vec4f(p.y, q.y, r.y, s.y)),
    maskA(span0, k, vec4f(p.z, q.z, r.z, s.z)),
    maskA(span0, k, vec4f(p.w, q.w, r.w, s.w)),
  );
}

// Pixels before an image begin at negative places, which the next ones' are counted from.
fn texelOf(index: u32) -> u32 {
  return u32(i32(index) >> 2u);
}
