// 2-D average pooling of an NHWC batch. Padding counts as zeros in the mean (PyTorch's count_include_pad = True).

override LENGTH: u32;
override C: u32;
override H: i32;
override W: i32;
override OH: u32;
override OW: u32;
override KERNEL_H: i32;
override KERNEL_W: i32;
override STRIDE: i32;
override PADDING: i32;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read_write> y: array<Stored>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  let c = i % C;
  let pixel = i / C;
  let left = i32(pixel % OW) * STRIDE - PADDING;
  let top = i32((pixel / OW) % OH) * STRIDE - PADDING;
  let image = i32(pixel / (OW * OH));
  var sum = 0.0;
  for (var h = max(top, 0); h < min(top + KERNEL_H, H); h += 1) {
    for (var w = max(left, 0); w < min(left + KERNEL_W, W); w += 1) {
      sum += f32(x[u32((image * H + h) * W + w) * C + c]);
    }
  }
  y[i] = Stored(sum / f32(KERNEL_H * KERNEL_W));
}
