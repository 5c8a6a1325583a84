// Second stage of the batch-norm gradient: adds the slots in order into dGamma and dBeta, and writes what norm_gradient_apply wants:
// the means of dy and of dy * xhat.

override C: u32;
override SLOTS: u32;
override ROWS: u32; // of the whole batch

@group(0) @binding(0) var<storage, read> partialBeta: array<f32>;
@group(0) @binding(1) var<storage, read> partialGamma: array<f32>;
@group(0) @binding(2) var<storage, read_write> dGamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> dBeta: array<f32>;
@group(0) @binding(4) var<storage, read_write> shares: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let c = id.x + id.y * groups.x * 64u;
  if (c >= C) {
    return;
  }
  var b = 0.0;
  var g = 0.0;
  for (var slot = 0u; slot < SLOTS; slot += 1u) {
    b += partialBeta[slot * C + c];
    g += partialGamma[slot * C + c];
  }
  dGamma[c] = g;
  dBeta[c] = b;
  shares[c] = b / f32(ROWS);
  shares[C + c] = g / f32(ROWS);
}
