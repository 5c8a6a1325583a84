// y[row, c] = (x - mean[c]) / sqrt(biased variance[c] + EPS) over x[ROWS, C], and 1 / sqrt(variance + EPS). Invocation c. For weights,
// whose columns are short.

override ROWS: u32;
override C: u32;
override EPS: f32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> invStd: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let c = id.x + id.y * groups.x * 64u;
  if (c >= C) {
    return;
  }
  let n = f32(ROWS);
  var sum = 0.0;
  for (var row = 0u; row < ROWS; row += 1u) {
    sum += x[row * C + c];
  }
  let mean = sum / n;
  var squares = 0.0;
  for (var row = 0u; row < ROWS; row += 1u) {
    let d = x[row * C + c] - mean;
    squares = fma(d, d, squares);
  }
  let spread = inverseSqrtExact(squares / n + EPS);
  for (var row = 0u; row < ROWS; row += 1u) {
    y[row * C + c] = (x[row * C + c] - mean) * spread;
  }
  invStd[c] = spread;
}
