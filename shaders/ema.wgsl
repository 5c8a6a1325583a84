// average += RATE * (x - average), element by element: one step of an exponential moving average.

override VECTORS: u32;
override RATE: f32; // 1 - decay

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> average: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < VECTORS) {
    average[i] = fma(vec4f(RATE), x[i] - average[i], average[i]);
  }
}
