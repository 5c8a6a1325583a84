// One step of four along the inner dimension into one accumulator, for the cores that spread A over a subgroup.
// Accumulator by accumulator, not k by k: only one of them need then be in registers.
fn accumulate(c: Columns, a: vec4f, b0: Columns, b1: Columns, b2: Columns, b3: Columns) -> Columns {
  var sum = fma(Columns(a.x), b0, c);
  sum = fma(Columns(a.y), b1, sum);
  sum = fma(Columns(a.z), b2, sum);
  return fma(Columns(a.w), b3, sum);
}
