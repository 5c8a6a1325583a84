// y = max(x, 0), four elements an invocation; buffers are padded to a multiple of 16 bytes.

override VECTORS: u32;

@group(0) @binding(0) var<storage, read> x: array<Stored4>;
@group(0) @binding(1) var<storage, read_write> y: array<Stored4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < VECTORS) {
    // Written as a selection so that NaN passes through and a diverged run is seen, as in PyTorch.
    let v = x[i];
    y[i] = select(v, Stored4(), v <= Stored4());
  }
}
