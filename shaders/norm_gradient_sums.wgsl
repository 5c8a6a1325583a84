// First stage of the gradient of a normalisation, of each of x[IMAGES, ROWS, C]: invocation (image, slot, columns) adds dy and
// dy * xhat over its rows.
// With RELU the gradient first passes the ReLU that follows, whose output is y.

override IMAGES: u32 = 1u;
override ROWS: u32; // of an image
override GROUPS: u32; // C / COLUMNS
override SLOTS: u32;
override FIRST_SLOT: u32 = 0u; // of one image: where x is one part of several, those before it fill the slots before this
override RELU: bool = false;

@group(0) @binding(0) var<storage, read> dy: array<StoredColumns>;
@group(0) @binding(1) var<storage, read> x: array<StoredColumns>;
@group(0) @binding(2) var<storage, read> y: array<StoredColumns>;
@group(0) @binding(3) var<storage, read> mean: array<Columns>;
@group(0) @binding(4) var<storage, read> invStd: array<Columns>;
@group(0) @binding(5) var<storage, read_write> partialBeta: array<Columns>;
@group(0) @binding(6) var<storage, read_write> partialGamma: array<Columns>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= IMAGES * SLOTS * GROUPS) {
    return;
  }
  let c = i % GROUPS;
  let image = i / (GROUPS * SLOTS);
  let m = mean[image * GROUPS + c];
  var sumBeta = Columns();
  var sumGamma = Columns();
  for (var row = (i / GROUPS) % SLOTS; row < ROWS; row += SLOTS) {
    let j = (image * ROWS + row) * GROUPS + c;
    var d = Columns(dy[j]);
    if (RELU) {
      d = select(d, Columns(), Columns(y[j]) <= Columns());
    }
    sumBeta += d;
    sumGamma = fma(d, Columns(x[j]) - m, sumGamma);
  }
  let at = i + FIRST_SLOT * GROUPS;
  partialBeta[at] = sumBeta;
  partialGamma[at] = sumGamma * invStd[image * GROUPS + c];
}
