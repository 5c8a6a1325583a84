// dx of average pooling, gathered: an input pixel adds its share of dy of each window that holds it.

override LENGTH: u32;
override C: u32;
override H: u32;
override W: u32;
override OH: i32;
override OW: i32;
override KERNEL_H: i32;
override KERNEL_W: i32;
override STRIDE: i32;
override PADDING: i32;

@group(0) @binding(0) var<storage, read> dy: array<Stored>;
@group(0) @binding(1) var<storage, read_write> dx: array<Stored>;

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
  // Windows that hold the pixel: ceil((h - K + 1) / S) … floor(h / S), inside the output.
  let firstH = max(h - KERNEL_H + STRIDE, 0) / STRIDE;
  let firstW = max(w - KERNEL_W + STRIDE, 0) / STRIDE;
  var sum = 0.0;
  for (var oh = firstH; oh <= min(h / STRIDE, OH - 1); oh += 1) {
    for (var ow = firstW; ow <= min(w / STRIDE, OW - 1); ow += 1) {
      sum += f32(dy[u32((image * OH + oh) * OW + ow) * C + c]);
    }
  }
  dx[i] = Stored(sum / f32(KERNEL_H * KERNEL_W));
}
