// y[0] = the mean of x[LENGTH], one invocation: for a batch's losses, a few thousand values at the most.

override LENGTH: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(1)
fn main() {
  var sum = 0.0;
  for (var i = 0u; i < LENGTH; i += 1u) {
    sum += x[i];
  }
  y[0] = sum / f32(LENGTH);
}
