// dx = gamma * invStd * (dy - dBeta / ROWS - xhat * dGamma / ROWS), through the following ReLU first with RELU.
// Ioffe and Szegedy, "Batch Normalization", 2015, section 3.

override ROWS: u32;
override C: u32;
override RELU: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> invStd: array<f32>;
@group(0) @binding(5) var<storage, read> gamma: array<f32>;
@group(0) @binding(6) var<storage, read> dBetaGamma: array<f32>;
@group(0) @binding(7) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= ROWS * C) {
    return;
  }
  let c = i % C;
  var d = dy[i];
  if (RELU) {
    d = select(d, 0.0, y[i] <= 0.0);
  }
  let xhat = (x[i] - mean[c]) * invStd[c];
  let n = f32(ROWS);
  dx[i] = gamma[c] * invStd[c] * (d - dBetaGamma[c] / n - xhat * (dBetaGamma[C + c] / n));
}
