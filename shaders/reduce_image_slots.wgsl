// y[image, c] = the sum of partial[image, slot, c] over the slots, in order.

override LENGTH: u32; // IMAGES * C
override C: u32;
override SLOTS: u32;

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  let image = i / C;
  var sum = 0.0;
  for (var slot = 0u; slot < SLOTS; slot += 1u) {
    sum += partial[(image * SLOTS + slot) * C + i % C];
  }
  y[i] = sum;
}
