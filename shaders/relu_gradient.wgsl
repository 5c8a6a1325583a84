// dx = dy where the output y of the ReLU is positive, else 0.

override VECTORS: u32;

@group(0) @binding(0) var<storage, read> dy: array<Stored4>;
@group(0) @binding(1) var<storage, read> y: array<Stored4>;
@group(0) @binding(2) var<storage, read_write> dx: array<Stored4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < VECTORS) {
    dx[i] = select(dy[i], Stored4(), y[i] <= Stored4());
  }
}
