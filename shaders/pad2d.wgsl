// y[n, h, w, c] = x[n, h - TOP, w - LEFT, c] where that lies inside x, else 0. Its gradient is the same map with negative TOP and LEFT.

override LENGTH: u32;
override C: u32;
override H: i32;
override W: i32;
override OH: u32;
override OW: u32;
override TOP: i32;
override LEFT: i32;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read_write> y: array<Stored>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  let pixel = i / C;
  let w = i32(pixel % OW) - LEFT;
  let h = i32((pixel / OW) % OH) - TOP;
  let image = i32(pixel / (OW * OH));
  let inside = (u32(h) < u32(H)) & (u32(w) < u32(W));
  let place = select(0u, u32((image * H + h) * W + w) * C + i % C, inside);
  y[i] = select(Stored(), x[place], inside);
}
