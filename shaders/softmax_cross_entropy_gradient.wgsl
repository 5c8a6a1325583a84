// d(mean loss)/d(logits) = (softmax - target) / BATCH, times the gradient that reaches the loss, a row an invocation.

override ROWS: u32;
override BATCH: u32; // rows that the loss is the mean of, where these are a part of them
override C: u32;
override SMOOTHING: f32;

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> dLoss: array<f32>;
@group(0) @binding(3) var<storage, read_write> dLogits: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = id.x + id.y * groups.x * 64u;
  if (row >= ROWS) {
    return;
  }
  let start = row * C;
  var top = logits[start];
  for (var c = 1u; c < C; c += 1u) {
    top = max(top, logits[start + c]);
  }
  let label = labels[row];
  var others = 0.0;
  for (var c = 0u; c < C; c += 1u) {
    if (c != label) {
      others += exp(logits[start + c] - top);
    }
  }
  let sum = others + exp(logits[start + label] - top);
  let scale = dLoss[0] / f32(BATCH);
  let share = SMOOTHING / f32(C);
  for (var c = 0u; c < C; c += 1u) {
    if (c != label) {
      dLogits[start + c] = (exp(logits[start + c] - top) / sum - share) * scale;
    }
  }
  // softmax - 1 of the label is minus the sum of the others: no digits are lost where the row is confident.
  dLogits[start + label] = (SMOOTHING - share - others / sum) * scale;
}
