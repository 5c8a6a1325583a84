// What conv2d_window reads again and again, from buffers: a pixel's channels one by one, and two channels of a tap.

/** So many channels of a pixel are loaded at once. */
const CHANNELS_LOADED = 1u;
alias Pixel = f32;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> weight: array<Stored2>;

fn pixel(i: u32) -> Pixel {
  return f32(x[i]);
}

fn channelOf(loaded: Pixel, channel: u32) -> f32 {
  return loaded;
}

fn weights(i: u32) -> vec2f {
  return vec2f(weight[i]);
}
