// dx = dy + addend where the output y of the ReLU is positive, else 0; the addend where there is one.

override VECTORS: u32;
override ADDEND: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<Stored4>;
@group(0) @binding(1) var<storage, read> y: array<Stored4>;
@group(0) @binding(2) var<storage, read_write> dx: array<Stored4>;
@group(0) @binding(3) var<storage, read> addend: array<Stored4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < VECTORS) {
    var d = dy[i];
    if (ADDEND) {
      d += addend[i];
    }
    dx[i] = select(d, Stored4(), y[i] <= Stored4());
  }
}
