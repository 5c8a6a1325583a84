// dx of adaptive average pooling, gathered: an input pixel adds its share of dy of each window that holds it. Row h lies in the windows
// floor(h OH / H) … ceil((h + 1) OH / H) - 1.

override LENGTH: u32;
override C: u32;
override H: u32;
override W: u32;
override OH: u32;
override OW: u32;

@group(0) @binding(0) var<storage, read> dy: array<Stored>;
@group(0) @binding(1) var<storage, read_write> dx: array<Stored>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  let pixel = i / C;
  let w = pixel % W;
  let h = (pixel / W) % H;
  let image = pixel / (W * H);
  var sum = 0.0;
  for (var oh = h * OH / H; oh * H < (h + 1u) * OH; oh += 1u) {
    let rows = ((oh + 1u) * H + OH - 1u) / OH - oh * H / OH;
    for (var ow = w * OW / W; ow * W < (w + 1u) * OW; ow += 1u) {
      let columns = ((ow + 1u) * W + OW - 1u) / OW - ow * W / OW;
      sum += f32(dy[((image * OH + oh) * OW + ow) * C + i % C]) / f32(rows * columns);
    }
  }
  dx[i] = Stored(sum);
}
