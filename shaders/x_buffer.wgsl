// The operand of binding 0, four neighbours at a time, from a buffer.

@group(0) @binding(0) var<storage, read> x: array<Stored4>;

fn loadX(i: u32) -> vec4f {
  return vec4f(x[i]);
}
