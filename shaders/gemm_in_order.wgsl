// For products whose rows and taps lie in C and in B in the order in which they are numbered.

fn rowC(m: u32) -> u32 {
  return m;
}

fn tapB(tap: u32) -> u32 {
  return tap;
}
