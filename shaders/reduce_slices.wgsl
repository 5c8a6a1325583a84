// y[i] = the sum over slices s of partial[s, i], in the order of s: the fixed-order second stage of every split reduction.

override LENGTH: u32;
override SLICES: u32;

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  var sum = 0.0;
  for (var s = 0u; s < SLICES; s += 1u) {
    sum += partial[s * LENGTH + i];
  }
  y[i] = sum;
}
