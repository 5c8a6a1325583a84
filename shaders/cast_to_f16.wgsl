// y = x, from f32 to the f16 nearest, four elements an invocation; buffers are padded to a multiple of 16 bytes. What is past
// f16's largest value becomes infinite.

enable f16;

override VECTORS: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4h>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < VECTORS) {
    y[i] = vec4h(x[i]);
  }
}
