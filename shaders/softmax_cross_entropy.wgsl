// A row's cross-entropy of softmax(logits) against (1 - S) * one-hot + S / C (PyTorch's label_smoothing), a row an invocation.

override ROWS: u32;
override C: u32;
override SMOOTHING: f32;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.x + id.y * groups.x * 64u;
  if (row >= ROWS) {
    return;
  }
  let start = row * C;
  var top = logits[start];
  var topClass = 0u;
  for (var c = 1u; c < C; c += 1u) {
    if (logits[start + c] > top) {
      top = logits[start + c];
      topClass = c;
    }
  }
  var rest = 0.0;
  var total = 0.0;
  for (var c = 0u; c < C; c += 1u) {
    let z = logits[start + c] - top;
    if (c != topClass) {
      rest += exp(z);
    }
    total += z;
  }
  let logSum = log1p(rest);
  let z = logits[start + labels[row]] - top;
  loss[row] = (1.0 - SMOOTHING) * (logSum - z) + SMOOTHING * (logSum - total / f32(C));
}

// log(1 + x) for x of 0 or more. WGSL's log promises only an absolute error near 1, and a confident row's whole loss lies
// there; so small x takes the series of 2 atanh(x / (2 + x)).
fn log1p(x: f32) -> f32 {
  if (x > 0.5) {
    return log(1.0 + x);
  }
  let t = x / (2.0 + x);
  let s = t * t;
  return 2.0 * t * (1.0 + s * (1.0 / 3.0 + s * (0.2 + s * (1.0 / 7.0 + s / 9.0))));
}
