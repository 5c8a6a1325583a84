// Rows of A for a batch of products, one a tap, each tap a slice: A[m, tap, k] = a[tap * M * INNER + m * A_ROW +
// k * INNER_STRIDE], so either orientation.

override A_ROW: u32;

alias Span = u32;

fn rowA(m: u32) -> u32 {
  return m * A_ROW;
}

fn spanA(row: u32, tap: u32) -> Span {
  return tap * M * INNER + row;
}

fn offsetA(span: Span) -> u32 {
  return span;
}

fn maskA(span: Span, k: u32, value: vec4f) -> vec4f {
  return value;
}
