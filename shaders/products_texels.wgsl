// The products of Winograd's filtering for four channels, from a texture; they are f32 whatever the images are. Joined to texels.

@group(0) @binding(0) var m: texture_storage_2d<rgba32float, read>;

fn product(i: u32) -> vec4f {
  return textureLoad(m, texelAt(i));
}
