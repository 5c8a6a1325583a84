// B from a texture, for cores that handle four columns as one value. Joined to texels.

@group(0) @binding(1) var b: Texels;

fn loadB(i: u32) -> Columns {
  return textureLoad(b, texelAt(i));
}
