// uint8 NHWC images resident on the adapter -> a float NHWC batch: random crop of the zero-padded image, random horizontal
// flip, then (value / 255 - mean) / std, in the order and with the meaning of torchvision's RandomCrop, RandomHorizontalFlip,
// ToTensor and Normalize. An invocation makes one row of one image. Where the set is cut into several buffers, each is a
// dispatch of its own that writes the images it holds. Joined to philox.wgsl.

override BATCH: u32;
override FIRST_EXAMPLE: u32 = 0u; // of the batch, where y holds a part of it
override H: u32;
override W: u32;
override C: u32;
override PADDING: u32;
override FLIP: bool;
override FIRST: u32; // first image of this buffer
override COUNT: u32; // images in this buffer

@group(0) @binding(0) var<storage, read> images: array<u32>; // four bytes a word, the lowest first
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read> counter: array<u32>; // seed low, seed high, step, stream
@group(0) @binding(3) var<storage, read> normalization: array<f32>; // C means, C standard deviations
@group(0) @binding(4) var<storage, read_write> y: array<Stored>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= BATCH * H) {
    return;
  }
  let row = i % H;
  let place = i / H;
  let example = place + FIRST_EXAMPLE;
  let image = indices[example];
  if (image < FIRST || image - FIRST >= COUNT) {
    return;
  }
  var top = i32(row);
  var left = 0;
  var flipped = false;
  if (PADDING > 0u || FLIP) {
    let random = philox(vec4u(example, counter[2], counter[3], 0u), vec2u(counter[0], counter[1]));
    top += i32(random.x % (2u * PADDING + 1u)) - i32(PADDING);
    left = i32(random.y % (2u * PADDING + 1u)) - i32(PADDING);
    flipped = FLIP && (random.z & 1u) == 1u;
  }
  for (var column = 0u; column < W; column += 1u) {
    let source = left + i32(select(column, W - 1u - column, flipped));
    let inside = top >= 0 && top < i32(H) && source >= 0 && source < i32(W);
    for (var c = 0u; c < C; c += 1u) {
      var value = 0.0;
      if (inside) {
        let byte = (((image - FIRST) * H + u32(top)) * W + u32(source)) * C + c;
        value = f32((images[byte / 4u] >> (8u * (byte % 4u))) & 0xffu) / 255.0;
      }
      y[((place * H + row) * W + column) * C + c] = Stored((value - normalization[c]) / normalization[C + c]);
    }
  }
}
