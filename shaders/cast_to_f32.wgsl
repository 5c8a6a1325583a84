// y = x, from f16 to f32, which holds all its values, four elements an invocation; buffers are padded to a multiple of 16 bytes.

enable f16;

override VECTORS: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4h>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < VECTORS) {
    y[i] = vec4f(x[i]);
  }
}
