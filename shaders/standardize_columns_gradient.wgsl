// dx = invStd[c] * (dy - mean of dy - y * mean of dy * y) over [ROWS, C], means over the column's rows. Invocation c.

override ROWS: u32;
override C: u32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> invStd: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let c = id.x + id.y * groups.x * 64u;
  if (c >= C) {
    return;
  }
  var sum = 0.0;
  var products = 0.0;
  for (var row = 0u; row < ROWS; row += 1u) {
    let j = row * C + c;
    sum += dy[j];
    products = fma(dy[j], y[j], products);
  }
  let share = sum / f32(ROWS);
  let shareOfY = products / f32(ROWS);
  for (var row = 0u; row < ROWS; row += 1u) {
    let j = row * C + c;
    dx[j] = invStd[c] * (dy[j] - share - y[j] * shareOfY);
  }
}
