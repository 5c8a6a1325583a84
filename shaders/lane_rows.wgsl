// Which rows of a tile a lane loads for gemm_subgroup8 and gemm_quads: those that lie ROW_LANES apart, one load of four along the
// inner dimension each.

struct Rows4 {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
}

fn rowInTile(i: u32, lane: u32) -> u32 {
  return ROW_LANES * i + lane;
}

fn loadRows4(span0: Span, span1: Span, span2: Span, span3: Span, k: u32) -> Rows4 {
  return Rows4(loadA(span0, k), loadA(span1, k), loadA(span2, k), loadA(span3, k));
}
