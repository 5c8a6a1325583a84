// y = a + b, four elements an invocation; buffers are padded to a multiple of 16 bytes.

override VECTORS: u32;

@group(0) @binding(0) var<storage, read> a: array<Stored4>;
@group(0) @binding(1) var<storage, read> b: array<Stored4>;
@group(0) @binding(2) var<storage, read_write> y: array<Stored4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < VECTORS) {
    y[i] = Stored4(vec4f(a[i]) + vec4f(b[i]));
  }
}
