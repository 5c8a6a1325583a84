// Rows of A for the gradient of a 2-D convolution with respect to its input, as implicit GEMMs, one for each class of pixels
// that meets the same taps (see conv2d-input-gradient.ts): rows are the class's pixels (n, h, w), taps are its (kh, kw), the
// inner dimension is output channels; columns are input channels, so B is the weights with their last two dimensions exchanged.
// dx[n, FIRST + S h, …, ci] = sum over kh, kw, co of dy[n, h + SHIFT - kh, …, co] * w[FIRST_TAP + S kh, …, ci, co],
// a term being absent where dy's pixel lies outside.

override H: u32;
override W: u32;
override OH: u32;
override OW: u32;
override KERNEL_W: u32;
override STRIDE: u32;
override CLASS_H: u32;
override CLASS_W: u32;
override TAPS_W: u32;
override FIRST_H: u32;
override FIRST_W: u32;
override FIRST_TAP_H: u32;
override FIRST_TAP_W: u32;
override SHIFT_H: i32; // negative where the taps are the last of a kernel
override SHIFT_W: u32;

struct Row {
  image: u32,
  h: u32,
  w: u32,
}

struct Span {
  offset: u32,
  inside: bool,
}

fn rowA(m: u32) -> Row {
  return Row(m / (CLASS_W * CLASS_H), (m / CLASS_W) % CLASS_H, m % CLASS_W);
}

fn spanA(row: Row, tap: u32) -> Span {
  // A negative difference wraps to a large number, which stays outside: one comparison checks both ends.
  let oh = row.h + u32(SHIFT_H) - tap / TAPS_W;
  let ow = row.w + SHIFT_W - tap % TAPS_W;
  // & and not &&, which would branch: eight rows' branches take SwiftShader's compiler most of a minute.
  let inside = (oh < OH) & (ow < OW);
  return Span(select(0u, ((row.image * OH + oh) * OW + ow) * INNER, inside), inside);
}

fn offsetA(span: Span) -> u32 {
  return span.offset;
}

fn maskA(span: Span, k: u32, value: vec4f) -> vec4f {
  return select(vec4f(), value, span.inside);
}

fn rowC(m: u32) -> u32 {
  let row = rowA(m);
  return (row.image * H + FIRST_H + row.h * STRIDE) * W + FIRST_W + row.w * STRIDE;
}

fn tapB(tap: u32) -> u32 {
  return (FIRST_TAP_H + tap / TAPS_W * STRIDE) * KERNEL_W + FIRST_TAP_W + tap % TAPS_W * STRIDE;
}
