// Rows of A for the gradient of a 2-D convolution with respect to its input, as an implicit GEMM: rows are input pixels
// (n, ih, iw), taps are (kh, kw), the inner dimension is output channels; columns are input channels, so B is the weights
// with their last two dimensions exchanged.
// dx[n, ih, iw, ci] = sum over kh, kw, co of dy[n, (ih + P - kh) / S, (iw + P - kw) / S, co] * w[kh, kw, ci, co],
// a term being absent where the division leaves a remainder or the pixel lies outside.

override H: u32;
override W: u32;
override OH: u32;
override OW: u32;
override KW: u32;
override STRIDE: u32;
override PADDING: u32;

struct Row {
  image: u32,
  ih: u32,
  iw: u32,
}

struct Span {
  offset: u32,
  inside: bool,
}

fn rowA(m: u32) -> Row {
  return Row(m / (W * H), (m / W) % H + PADDING, m % W + PADDING);
}

fn spanA(row: Row, tap: u32) -> Span {
  // A negative difference wraps to a large number, whose quotient stays outside: one comparison checks both ends.
  let h = row.ih - tap / KW;
  let w = row.iw - tap % KW;
  let oh = h / STRIDE;
  let ow = w / STRIDE;
  // & and not &&, which would branch: eight rows' branches take SwiftShader's compiler most of a minute.
  let inside = (oh < OH) & (ow < OW) & (oh * STRIDE == h) & (ow * STRIDE == w);
  return Span(select(0u, ((row.image * OH + oh) * OW + ow) * INNER, inside), inside);
}

fn loadA(span: Span, k: u32) -> vec4f {
  return select(vec4f(), readA(span.offset, k), span.inside);
}
