// Rows of A for a 2-D convolution as an implicit GEMM, NHWC images and HWIO weights: rows are output pixels (n, oh, ow),
// taps are (kh, kw), the inner dimension is input channels; columns are output channels.

override H: i32;
override W: i32;
override OH: u32;
override OW: u32;
override KW: u32;
override STRIDE: i32;
override PADDING_H: i32;
override PADDING_W: i32;

struct Row {
  image: i32,
  ih: i32,
  iw: i32,
}

struct Span {
  offset: u32,
  inside: bool,
}

fn rowA(m: u32) -> Row {
  let ow = m % OW;
  let oh = (m / OW) % OH;
  return Row(i32(m / (OW * OH)), i32(oh) * STRIDE - PADDING_H, i32(ow) * STRIDE - PADDING_W);
}

fn spanA(row: Row, tap: u32) -> Span {
  let ih = row.ih + i32(tap / KW);
  let iw = row.iw + i32(tap % KW);
  // & and not &&, which would branch: eight rows' branches take SwiftShader's compiler most of a minute.
  let inside = (u32(ih) < u32(H)) & (u32(iw) < u32(W));
  return Span(select(0u, u32((row.image * H + ih) * W + iw) * INNER, inside), inside);
}

fn offsetA(span: Span) -> u32 {
  return span.offset;
}

fn maskA(span: Span, k: u32, value: vec4f) -> vec4f {
  return select(vec4f(), value, span.inside);
}
