// Adaptive average pooling of an NHWC batch: output row oh is the mean of rows floor(oh H / OH) … ceil((oh + 1) H / OH) - 1, and so for
// columns, as PyTorch has it. Windows may overlap.

override LENGTH: u32;
override C: u32;
override H: u32;
override W: u32;
override OH: u32;
override OW: u32;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read_write> y: array<Stored>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  let pixel = i / C;
  let ow = pixel % OW;
  let oh = (pixel / OW) % OH;
  let image = pixel / (OW * OH);
  let top = oh * H / OH;
  let bottom = ((oh + 1u) * H + OH - 1u) / OH;
  let left = ow * W / OW;
  let right = ((ow + 1u) * W + OW - 1u) / OW;
  var sum = 0.0;
  for (var h = top; h < bottom; h += 1u) {
    for (var w = left; w < right; w += 1u) {
      sum += f32(x[((image * H + h) * W + w) * C + i % C]);
    }
  }
  y[i] = Stored(sum / f32((bottom - top) * (right - left)));
}
