// Which rows of an image a walker meets in norm_apply and norm_gradient_apply: STEPS of them, WALKED apart, so that a workgroup of 64
// reads one block of memory from its beginning to its end.

const STEPS = 16u;
override WALKED: u32; // neighbouring rows that a workgroup meets at once

fn firstRow(walker: u32) -> u32 {
  return walker / WALKED * (WALKED * STEPS) + walker % WALKED;
}

// Past the last of a walker's rows.
fn endRow(first: u32) -> u32 {
  return min(ROWS, first + WALKED * STEPS);
}
