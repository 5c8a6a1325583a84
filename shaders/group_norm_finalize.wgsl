// Second stage of group-norm statistics: joins the slots and the channels of one image's group in order, and writes the group's mean
// and 1 / sqrt(biased variance + eps) for each of its channels. Invocation (image, group).

override IMAGES: u32;
override ROWS: u32; // of an image
override C: u32;
override PER_GROUP: u32; // channels
override SLOTS: u32; // of an image
override EPS: f32;

@group(0) @binding(0) var<storage, read> partialMean: array<f32>;
@group(0) @binding(1) var<storage, read> partialM2: array<f32>;
@group(0) @binding(2) var<storage, read> origin: array<Stored>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> invStd: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  let perImage = C / PER_GROUP;
  if (i >= IMAGES * perImage) {
    return;
  }
  let image = i / perImage;
  let first = (i % perImage) * PER_GROUP;
  // Channels have shifts of their own; the group's mean is counted from the first one's.
  let shift = f32(origin[image * ROWS * C + first]);
  var m = 0.0;
  var m2 = 0.0;
  var n = 0.0;
  for (var c = first; c < first + PER_GROUP; c += 1u) {
    let own = f32(origin[image * ROWS * C + c]) - shift;
    for (var slot = 0u; slot < SLOTS; slot += 1u) {
      let at = (image * SLOTS + slot) * C + c;
      let nSlot = f32((ROWS - slot + SLOTS - 1u) / SLOTS);
      let d = partialMean[at] + own - m;
      let total = n + nSlot;
      m2 += partialM2[at] + d * d * (n * nSlot / total);
      m += d * (nSlot / total);
      n = total;
    }
  }
  let spread = inverseSqrtExact(m2 / n + EPS);
  for (var c = first; c < first + PER_GROUP; c += 1u) {
    mean[image * C + c] = m + shift;
    invStd[image * C + c] = spread;
  }
}
