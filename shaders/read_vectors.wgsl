// Four values of A in one load: the inner dimension is contiguous and a multiple of 4, as is every offset into it. Joined to
// x_buffer or x_texels.

// Which of A's dimensions has neighbours in memory.
const ROWS_ARE_NEIGHBOURS = false;

fn loadA(span: Span, k: u32) -> vec4f {
  return maskA(span, k, loadX((offsetA(span) + k) / 4u));
}
