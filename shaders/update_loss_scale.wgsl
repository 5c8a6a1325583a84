// Moves the loss scale as torch.amp.GradScaler does, one invocation. `lossScale` holds [scale, good steps since it changed, steps
// skipped, what the gradients of this step are to be multiplied by: 1 / scale, or 0 for a step to be skipped].

override SLOTS: u32;
override GROWTH: f32;
override BACKOFF: f32;
override INTERVAL: f32;

@group(0) @binding(0) var<storage, read> found: array<u32>;
@group(0) @binding(1) var<storage, read_write> lossScale: array<f32>;

const LARGEST = 3.4028234663852886e38;
const SMALLEST_NORMAL = 1.1754943508222875e-38;

@compute @workgroup_size(1)
fn main() {
  var overflow = 0u;
  for (var slot = 0u; slot < SLOTS; slot += 1u) {
    overflow |= found[slot];
  }
  let scale = lossScale[0];
  if (overflow != 0u) {
    lossScale[0] = max(scale * BACKOFF, SMALLEST_NORMAL);
    lossScale[1] = 0.0;
    lossScale[2] += 1.0;
    lossScale[3] = 0.0;
    return;
  }
  lossScale[3] = 1.0 / scale;
  let good = lossScale[1] + 1.0;
  if (good < INTERVAL) {
    lossScale[1] = good;
    return;
  }
  lossScale[1] = 0.0;
  // Compared before the product, which would have to be infinite.
  if (scale <= LARGEST / GROWTH) {
    lossScale[0] = scale * GROWTH;
  }
}
