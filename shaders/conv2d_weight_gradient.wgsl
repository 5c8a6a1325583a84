// Rows of A for the gradient of a 2-D convolution with respect to its weights, as an implicit GEMM: rows are (kh, kw, ci),
// taps are rows of output pixels (n, oh), the inner dimension is the pixels of such a row; columns are output channels.
// Each slice of taps writes a sum of its own; reduce_slices adds them in order.

override H: i32;
override W: i32;
override CI: u32;
override OH: u32;
override KW: u32;
override STRIDE: i32;
override PADDING_H: i32;
override PADDING_W: i32;

struct Row {
  ci: u32,
  kh: i32,
  kw: i32,
}

struct Span {
  offset: u32,
  iw: i32,
  inside: bool,
}

fn rowA(m: u32) -> Row {
  let tap = m / CI;
  return Row(m % CI, i32(tap / KW) - PADDING_H, i32(tap % KW) - PADDING_W);
}

fn spanA(row: Row, tap: u32) -> Span {
  let ih = i32(tap % OH) * STRIDE + row.kh;
  let inside = u32(ih) < u32(H);
  return Span(u32((i32(tap / OH) * H + ih) * W + row.kw) * CI + row.ci, row.kw, inside);
}

fn offsetA(span: Span) -> u32 {
  return span.offset;
}

fn maskA(span: Span, k: u32, value: vec4f) -> vec4f {
  let iw = vec4i(span.iw) + (vec4i(i32(k)) + vec4i(0, 1, 2, 3)) * STRIDE;
  let inside = vec4<bool>(span.inside) & (vec4u(iw) < vec4u(u32(W)));
  return select(vec4f(), value, inside);
}
