// y = 1 / sqrt(variance + EPS), element by element.

override LENGTH: u32;
override EPS: f32;

@group(0) @binding(0) var<storage, read> variance: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < LENGTH) {
    y[i] = 1.0 / sqrt(variance[i] + EPS);
  }
}
