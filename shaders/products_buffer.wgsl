// The products of Winograd's filtering for four channels, from a buffer; they are f32 whatever the images are.

@group(0) @binding(0) var<storage, read> m: array<vec4f>;

fn product(i: u32) -> vec4f {
  return m[i];
}
