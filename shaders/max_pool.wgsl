// 2-D max-pooling of an NHWC batch; padding never wins. The place of the maximum inside its window is kept for the gradient;
// of equal values the first in row order wins, as in PyTorch, and a NaN wins over all.

override LENGTH: u32;
override C: u32;
override H: i32;
override W: i32;
override OH: u32;
override OW: u32;
override KERNEL: i32;
override STRIDE: i32;
override PADDING: i32;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read_write> y: array<Stored>;
@group(0) @binding(2) var<storage, read_write> place: array<u32>;

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
  var best = Stored();
  var bestPlace = -1;
  for (var kh = 0; kh < KERNEL; kh += 1) {
    for (var kw = 0; kw < KERNEL; kw += 1) {
      let h = top + kh;
      let w = left + kw;
      if (h >= 0 && h < H && w >= 0 && w < W) {
        let v = x[u32((image * H + h) * W + w) * C + c];
        if (bestPlace < 0 || !(v <= best)) {
          best = v;
          bestPlace = kh * KERNEL + kw;
        }
      }
    }
  }
  y[i] = best;
  place[i] = u32(bestPlace);
}
