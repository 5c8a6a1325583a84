// First stage of the sum of x[ROWS, C] over its rows: invocation (slot, c) adds rows slot, slot + SLOTS, … of column c.

override ROWS: u32;
override C: u32;
override SLOTS: u32;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read_write> partial: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= SLOTS * C) {
    return;
  }
  let c = i % C;
  var sum = 0.0;
  for (var row = i / C; row < ROWS; row += SLOTS) {
    sum += f32(x[row * C + c]);
  }
  partial[i] = sum;
}
