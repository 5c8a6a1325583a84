// d(mean loss)/d(logits) = (softmax - target) / ROWS, times the gradient that reaches the loss, a row an invocation.

override ROWS: u32;
override C: u32;
override SMOOTHING: f32;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> dLoss: array<f32>;
@group(0) @binding(3) var<storage, read_write> dLogits: array<f32>;

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
  for (var c = 0u; c < C; c += 1u) {
    sum += exp(logits[start + c] - top);
  }
  let label = labels[row];
  let scale = dLoss[0] / f32(ROWS);
  for (var c = 0u; c < C; c += 1u) {
    var target_ = SMOOTHING / f32(C);
    if (c == label) {
      target_ += 1.0 - SMOOTHING;
    }
    dLogits[start + c] = (exp(logits[start + c] - top) / sum - target_) * scale;
  }
}
