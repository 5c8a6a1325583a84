// A batch-norm in evaluation that follows a convolution, folded into its weights: weight'[…, c] = weight[…, c] * scale[c] and
// bias'[c] = beta[c] - mean[c] * scale[c], with scale = gamma / sqrt(variance + eps).

override LENGTH: u32; // of the weights
override C: u32;
override EPS: f32;

@group(0) @binding(0) var<storage, read> weight: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> beta: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read_write> foldedWeight: array<f32>;
@group(0) @binding(6) var<storage, read_write> foldedBias: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  let c = i % C;
  let scale = gamma[c] / sqrt(variance[c] + EPS);
  foldedWeight[i] = weight[i] * scale;
  if (i < C) {
    foldedBias[c] = beta[c] - mean[c] * scale;
  }
}
