// What conv2d_window and conv2d_window_texels share: a 3×3 convolution of stride 1,
// y[n, h, w, co] = sum over kh, kw, ci of x[n, h + kh - PADDING, w + kw - PADDING, ci] * weight[kh, kw, ci, co], with the epilogue
// that is asked for: + bias[co], + residual[n, h, w, co], max(…, 0), 0 where mask[n, h, w, co] is not above 0. A core says how
// many channels of y a lane makes (CHANNELS), and what these are (Channels), also as stored (StoredChannels).

override H: i32;
override W: i32;
override CI: u32;
override CO: u32;
override OH: i32;
override OW: i32;
override PADDING: i32;
/** Taps are taken in reverse, as an input gradient takes them. */
override ROTATED: bool = false;
override IMAGES: u32;
override DISPATCH_WIDTH: u32;
override HAS_BIAS: bool = false;
override RESIDUAL: bool = false;
override RELU: bool = false;
override MASKED: bool = false;

/** A lane's place in x of one of the pixels that it loads. */
struct Place {
  offset: u32,
  inside: bool,
}

/** A row of the kernel. */
struct Row {
  a: Channels,
  b: Channels,
  c: Channels,
}

@group(0) @binding(2) var<storage, read> bias: array<Channels>;
@group(0) @binding(3) var<storage, read_write> y: array<StoredChannels>;
@group(0) @binding(4) var<storage, read> residual: array<StoredChannels>;
@group(0) @binding(5) var<storage, read> mask: array<StoredChannels>;

fn placeOf(place: u32, image: i32, top: i32, left: i32) -> Place {
  let h = top - PADDING + i32(place / MET_COLUMNS);
  let w = left - PADDING + i32(place % MET_COLUMNS);
  let inside = (u32(h) < u32(H)) & (u32(w) < u32(W));
  return Place(select(0u, u32((image * H + h) * W + w) * CI, inside), inside);
}

/** Where the channels of a tap begin, in units of CHANNELS. */
fn placeOfTap(index: u32, ci: u32, column: u32) -> u32 {
  return (select(index, 8u - index, ROTATED) * CI + ci) * (CO / CHANNELS) + column;
}

fn row(sum: Channels, a: f32, b: f32, c: f32, taps: Row) -> Channels {
  return fma(Channels(c), taps.c, fma(Channels(b), taps.b, fma(Channels(a), taps.a, sum)));
}

fn store(image: i32, h: i32, w: i32, column: u32, sum: Channels) {
  if ((h < OH) & (w < OW)) {
    let index = u32((image * OH + h) * OW + w) * (CO / CHANNELS) + column;
    var result = sum;
    if (HAS_BIAS) {
      result += bias[column];
    }
    if (RESIDUAL) {
      result += Channels(residual[index]);
    }
    if (RELU) {
      // Written as a selection so that NaN passes through, as in PyTorch.
      result = select(result, Channels(), result <= Channels());
    }
    if (MASKED) {
      result = select(result, Channels(), Channels(mask[index]) <= Channels());
    }
    y[index] = StoredChannels(result);
  }
}
