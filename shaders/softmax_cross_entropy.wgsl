// A row's cross-entropy of softmax(logits) against (1 - S) * one-hot + S / C (PyTorch's label_smoothing), a row an invocation.

override ROWS: u32;
override C: u32;
override SMOOTHING: f32;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
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
  // log(1 + rest) kept accurate for a small rest, where a confident row's whole loss lies (W. Kahan's correction).
  let sum = 1.0 + rest;
  var logSum = rest;
  if (sum != 1.0) {
    logSum = log(sum) * (rest / (sum - 1.0));
  }
  let z = logits[start + labels[row]] - top;
  loss[row] = (1.0 - SMOOTHING) * (logSum - z) + SMOOTHING * (logSum - total / f32(C));
}
