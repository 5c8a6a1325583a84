// dx of max-pooling, gathered: an input pixel adds dy of each window that chose it, so that no two invocations write one place.

override LENGTH: u32;
override C: u32;
override H: u32;
override W: u32;
override OH: i32;
override OW: i32;
override KERNEL: i32;
override STRIDE: i32;
override PADDING: i32;

@group(0) @binding(0) var<storage, read> dy: array<Stored>;
@group(0) @binding(1) var<storage, read> place: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<Stored>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  let c = i % C;
  let pixel = i / C;
  let w = i32(pixel % W) + PADDING;
  let h = i32((pixel / W) % H) + PADDING;
  let image = i32(pixel / (W * H));
  var sum = 0.0;
  for (var kh = 0; kh < KERNEL; kh += 1) {
    for (var kw = 0; kw < KERNEL; kw += 1) {
      let oh = (h - kh) / STRIDE;
      let ow = (w - kw) / STRIDE;
      if (h >= kh && w >= kw && oh * STRIDE == h - kh && ow * STRIDE == w - kw && oh < OH && ow < OW) {
        let o = u32((image * OH + oh) * OW + ow) * C + c;
        if (place[o] == u32(kh * KERNEL + kw)) {
          sum += f32(dy[o]);
        }
      }
    }
  }
  dx[i] = Stored(sum);
}
