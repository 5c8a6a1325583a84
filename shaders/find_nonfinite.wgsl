// found[slot] = 1 where any of the vectors slot, slot + SLOTS, … of x holds an infinity or what is not a number, else 0. The bits
// are looked at, since a compiler may take it that floats are finite.

override VECTORS: u32;
override SLOTS: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4u>;
@group(0) @binding(1) var<storage, read_write> found: array<u32>;

const EXPONENT = vec4u(0x7f800000u);

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let slot = id.x + id.y * groups.x * 64u;
  if (slot >= SLOTS) {
    return;
  }
  var any4 = vec4<bool>();
  for (var i = slot; i < VECTORS; i += SLOTS) {
    any4 = any4 | ((x[i] & EXPONENT) == EXPONENT);
  }
  found[slot] = select(0u, 1u, any(any4));
}
