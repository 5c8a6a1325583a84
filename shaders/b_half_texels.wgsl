// B from a texture of four columns a texel, for cores that handle two as one value. Joined to texels.

@group(0) @binding(1) var b: Texels;

fn loadB(i: u32) -> Columns {
  let columns = textureLoad(b, texelAt(i / 2u));
  return select(columns.xy, columns.zw, i % 2u == 1u);
}
