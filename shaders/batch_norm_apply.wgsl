// y[row, c] = (x - mean) * scale * gamma + beta, then an optional residual is added and an optional ReLU taken.
// In training the second statistic is 1 / sqrt(var + eps); in evaluation it is the running variance itself.

override LENGTH: u32;
override C: u32;
override EPS: f32;
override EVALUATION: bool;
override RESIDUAL: bool = false;
override RELU: bool = false;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> spread: array<f32>;
@group(0) @binding(3) var<storage, read> gamma: array<f32>;
@group(0) @binding(4) var<storage, read> beta: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  let c = i % C;
  var scale = spread[c];
  if (EVALUATION) {
    scale = 1.0 / sqrt(scale + EPS);
  }
  var v = (x[i] - mean[c]) * (scale * gamma[c]) + beta[c];
  if (RESIDUAL) {
    v += residual[i];
  }
  if (RELU) {
    v = select(v, 0.0, v <= 0.0);
  }
  y[i] = v;
}
