// dx = gamma * invStd * (dy - dBeta / TOTAL_ROWS - xhat * dGamma / TOTAL_ROWS), through the following ReLU first with RELU.
// Ioffe and Szegedy, "Batch Normalization", 2015, section 3. Invocation (slot, columns) walks rows slot, slot + SLOTS, ….

override ROWS: u32;
override TOTAL_ROWS: u32; // of the whole batch, where these are a part of it
override GROUPS: u32; // C / COLUMNS
override SLOTS: u32;
override RELU: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<StoredColumns>;
@group(0) @binding(1) var<storage, read> x: array<StoredColumns>;
@group(0) @binding(2) var<storage, read> y: array<StoredColumns>;
@group(0) @binding(3) var<storage, read> mean: array<Columns>;
@group(0) @binding(4) var<storage, read> invStd: array<Columns>;
@group(0) @binding(5) var<storage, read> gamma: array<Columns>;
@group(0) @binding(6) var<storage, read> dBetaGamma: array<Columns>;
@group(0) @binding(7) var<storage, read_write> dx: array<StoredColumns>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= SLOTS * GROUPS) {
    return;
  }
  let c = i % GROUPS;
  let n = f32(TOTAL_ROWS);
  let center = mean[c];
  let spread = invStd[c];
  let scale = gamma[c] * spread;
  let meanBeta = dBetaGamma[c] / n;
  let meanGamma = dBetaGamma[GROUPS + c] / n;
  for (var row = i / GROUPS; row < ROWS; row += SLOTS) {
    let j = row * GROUPS + c;
    var d = Columns(dy[j]);
    if (RELU) {
      d = select(d, Columns(), Columns(y[j]) <= Columns());
    }
    dx[j] = StoredColumns(scale * (d - meanBeta - (Columns(x[j]) - center) * spread * meanGamma));
  }
}
