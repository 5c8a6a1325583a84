// First stage of the batch-norm gradient over x[ROWS, C]: invocation (slot, c) adds dy and dy * xhat over its rows.
// With RELU the gradient first passes the ReLU that follows, whose output is y.

override ROWS: u32;
override C: u32;
override SLOTS: u32;
override RELU: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read> mean: array<f32>;
@group(0) @binding(4) var<storage, read> invStd: array<f32>;
@group(0) @binding(5) var<storage, read_write> partialBeta: array<f32>;
@group(0) @binding(6) var<storage, read_write> partialGamma: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= SLOTS * C) {
    return;
  }
  let c = i % C;
  let m = mean[c];
  var sumBeta = 0.0;
  var sumGamma = 0.0;
  for (var row = i / C; row < ROWS; row += SLOTS) {
    let j = row * C + c;
    var d = dy[j];
    if (RELU) {
      d = select(d, 0.0, y[j] <= 0.0);
    }
    sumBeta += d;
    sumGamma = fma(d, x[j] - m, sumGamma);
  }
  partialBeta[i] = sumBeta;
  partialGamma[i] = sumGamma * invStd[c];
}
