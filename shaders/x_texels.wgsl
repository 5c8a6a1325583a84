// The operand of binding 0, four neighbours at a time, from a texture. Joined to texels.

@group(0) @binding(0) var x: Texels;

fn loadX(i: u32) -> vec4f {
  return textureLoad(x, texelAt(i));
}
