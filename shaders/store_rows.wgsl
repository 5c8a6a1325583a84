// Writes a batch's values into a longer resident vector, from place start[0] on.

override ROWS: u32;
override CAPACITY: u32;

@group(0) @binding(0) var<storage, read> values: array<u32>;
@group(0) @binding(1) var<storage, read> start: array<u32>;
@group(0) @binding(2) var<storage, read_write> resident: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i < ROWS && start[0] + i < CAPACITY) {
    resident[start[0] + i] = values[i];
  }
}
