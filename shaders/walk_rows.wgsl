// Which rows of an image a walker meets in norm_apply and norm_gradient_apply: at most STEPS, APART from each other, and its
// neighbours those between. Where GROUPS divides 64, a workgroup so reads one block of memory from its beginning to its end.

override STEPS: u32;
override APART: u32;

fn firstRow(walker: u32) -> u32 {
  return walker / APART * (APART * STEPS) + walker % APART;
}

// Past the last of a walker's rows.
fn endRow(first: u32) -> u32 {
  return min(ROWS, first + APART * STEPS);
}
