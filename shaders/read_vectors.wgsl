// Four values of A in one load: the inner dimension is contiguous and a multiple of 4, as is every offset into it.

// Which of A's dimensions has neighbours in memory.
const ROWS_ARE_NEIGHBOURS = false;

@group(0) @binding(0) var<storage, read> a: array<Stored4>;

fn readA(index: u32, k: u32) -> vec4f {
  return vec4f(a[(index + k) / 4u]);
}
