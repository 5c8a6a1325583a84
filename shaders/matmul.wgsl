// Rows of A for the product of two matrices: A[m, k] = a[m * A_ROW + k * INNER_STRIDE], so either orientation.

override A_ROW: u32;

fn rowA(m: u32) -> u32 {
  return m * A_ROW;
}

fn spanA(row: u32, tap: u32) -> u32 {
  return row;
}

fn loadA(span: u32, k: u32) -> vec4f {
  return readA(span, k);
}
