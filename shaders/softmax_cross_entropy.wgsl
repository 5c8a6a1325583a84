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
  for (var c = 1u; c < C; c += 1u) {
    top = max(top, logits[start + c]);
  }
  var sum = 0.0;
  var total = 0.0;
  for (var c = 0u; c < C; c += 1u) {
    let z = logits[start + c] - top;
    sum += exp(z);
    total += z;
  }
  let logSum = log(sum);
  let z = logits[start + labels[row]] - top;
  loss[row] = (1.0 - SMOOTHING) * (logSum - z) + SMOOTHING * (logSum - total / f32(C));
}
