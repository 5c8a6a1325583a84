// Adds a batch to the running totals [sum of the batch losses, correct, examples, batches], one invocation.

override ROWS: u32;

@group(0) @binding(0) var<storage, read> loss: array<f32>;
@group(0) @binding(1) var<storage, read> predicted: array<u32>;
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> totals: array<f32>;

@compute @workgroup_size(1)
fn main() {
  var correct = 0u;
  for (var i = 0u; i < ROWS; i += 1u) {
    correct += select(0u, 1u, predicted[i] == labels[i]);
  }
  totals[0] += loss[0];
  totals[1] += f32(correct);
  totals[2] += f32(ROWS);
  totals[3] += 1.0;
}
