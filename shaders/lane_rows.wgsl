// Which rows of a tile a lane of eight loads for gemm_subgroup8 and gemm_subgroup8_narrow: those that lie eight apart, one load
// of four along the inner dimension each.

struct Rows4 {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
}

struct Rows2 {
  a: vec4f,
  b: vec4f,
}

fn rowInTile(i: u32, lane: u32) -> u32 {
  return 8u * i + lane;
}

fn loadRows4(span0: Span, span1: Span, span2: Span, span3: Span, k: u32) -> Rows4 {
  return Rows4(loadA(span0, k), loadA(span1, k), loadA(span2, k), loadA(span3, k));
}

fn loadRows2(span0: Span, span1: Span, k: u32) -> Rows2 {
  return Rows2(loadA(span0, k), loadA(span1, k));
}
