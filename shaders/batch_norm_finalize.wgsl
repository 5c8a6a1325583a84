// Second stage of batch-norm statistics: joins the slots' means (shifted by the column's first value) and
// squared deviations in order, writes mean and
// 1 / sqrt(biased variance + eps), and moves the running values by MOMENTUM towards the mean and the unbiased variance.

override ROWS: u32;
override PART_ROWS: u32; // rows of each part of x but the last, which may have fewer
override C: u32;
override SLOTS: u32; // of each part
override PARTS: u32;
override EPS: f32;
override MOMENTUM: f32;

@group(0) @binding(0) var<storage, read> partialMean: array<f32>;
@group(0) @binding(1) var<storage, read> partialM2: array<f32>;
@group(0) @binding(2) var<storage, read> origin: array<Stored>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> invStd: array<f32>;
@group(0) @binding(5) var<storage, read_write> runningMean: array<f32>;
@group(0) @binding(6) var<storage, read_write> runningVar: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let c = id.x + id.y * groups.x * 64u;
  if (c >= C) {
    return;
  }
  var m = partialMean[c];
  var m2 = partialM2[c];
  var n = rowsIn(0u);
  for (var slot = 1u; slot < PARTS * SLOTS; slot += 1u) {
    let nSlot = rowsIn(slot);
    let d = partialMean[slot * C + c] - m;
    let total = n + nSlot;
    m2 += partialM2[slot * C + c] + d * d * (n * nSlot / total);
    m += d * (nSlot / total);
    n = total;
  }
  m += f32(origin[c]);
  mean[c] = m;
  invStd[c] = inverseSqrtExact(m2 / n + EPS);
  runningMean[c] += MOMENTUM * (m - runningMean[c]);
  runningVar[c] += MOMENTUM * (m2 / max(n - 1.0, 1.0) - runningVar[c]);
}

// How many rows a slot has added up.
fn rowsIn(slot: u32) -> f32 {
  let rows = min(PART_ROWS, ROWS - (slot / SLOTS) * PART_ROWS);
  return f32((rows - slot % SLOTS + SLOTS - 1u) / SLOTS);
}
