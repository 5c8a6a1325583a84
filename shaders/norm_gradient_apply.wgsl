// dx[image, row, c] = invStd * (gamma * dy - share[image, c] - xhat * shareOfXhat[image, c]), through the following ReLU first with
// RELU; the shares are the means of gamma * dy and of gamma * dy * xhat over what was normalised together. Where that is one channel,
// gamma is the same throughout and stands before the bracket, in the shares as well (GAMMA_BEFORE). Ioffe and Szegedy, "Batch
// Normalization", 2015, section 3. Invocation (image, walker, columns); see walk_rows.

override IMAGES: u32 = 1u;
override ROWS: u32; // of an image
override GROUPS: u32; // C / COLUMNS
override WALKERS: u32;
override RELU: bool = false;
override GAMMA_BEFORE: bool;
override AFFINE: bool = true; // else gamma is 1
override FIXED: bool = false; // mean and deviation are not of this x, as in evaluation: there are no shares

@group(0) @binding(0) var<storage, read> dy: array<StoredColumns>;
@group(0) @binding(1) var<storage, read> x: array<StoredColumns>;
@group(0) @binding(2) var<storage, read> y: array<StoredColumns>;
@group(0) @binding(3) var<storage, read> mean: array<Columns>;
@group(0) @binding(4) var<storage, read> invStd: array<Columns>;
@group(0) @binding(5) var<storage, read> gamma: array<Columns>;
@group(0) @binding(6) var<storage, read> shares: array<Columns>; // all of the first, then all of the second
@group(0) @binding(7) var<storage, read_write> dx: array<StoredColumns>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= IMAGES * WALKERS * GROUPS) {
    return;
  }
  let c = i % GROUPS;
  let image = i / (GROUPS * WALKERS);
  let center = mean[image * GROUPS + c];
  let spread = invStd[image * GROUPS + c];
  var inside = Columns(1.0);
  var before = spread;
  if (AFFINE) {
    inside = select(gamma[c], Columns(1.0), GAMMA_BEFORE);
    before = select(spread, gamma[c] * spread, GAMMA_BEFORE);
  }
  var share = Columns();
  var shareOfXhat = Columns();
  if (!FIXED) {
    share = shares[image * GROUPS + c];
    shareOfXhat = shares[(IMAGES + image) * GROUPS + c];
  }
  let scale = before * inside;
  let shift = before * share;
  let slope = before * spread * shareOfXhat;
  let first = firstRow((i / GROUPS) % WALKERS);
  let end = endRow(first);
  for (var row = first; row < end; row += APART) {
    let j = (image * ROWS + row) * GROUPS + c;
    var d = Columns(dy[j]);
    if (RELU) {
      d = select(d, Columns(), Columns(y[j]) <= Columns());
    }
    dx[j] = StoredColumns(scale * d - shift - slope * (Columns(x[j]) - center));
  }
}
