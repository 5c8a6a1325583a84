// What conv2d_window reads again and again, from textures: four channels of a pixel, and two of the four channels of a tap that a
// texel has. CI and CO are multiples of 4. Joined to texels.

/** So many channels of a pixel are loaded at once. */
const CHANNELS_LOADED = 4u;
alias Pixel = vec4f;

@group(0) @binding(0) var x: Texels;
@group(0) @binding(1) var weight: Texels;

fn pixel(i: u32) -> Pixel {
  return textureLoad(x, texelAt(i / 4u));
}

fn channelOf(loaded: Pixel, channel: u32) -> f32 {
  return select(
    select(loaded.x, loaded.y, channel == 1u),
    select(loaded.z, loaded.w, channel == 3u),
    channel >= 2u,
  );
}

fn weights(i: u32) -> vec2f {
  let channels = textureLoad(weight, texelAt(i / 2u));
  return select(channels.xy, channels.zw, i % 2u == 1u);
}
