// One Newton step on the driver's estimate, whose allowed error of 2 ulp and more would show in the 1e-5 comparison.
fn inverseSqrtExact(v: f32) -> f32 {
  let r = inverseSqrt(v);
  return r * fma(-0.5 * v * r, r, 1.5);
}
