// y[image, row, c] = (x - mean[image, c]) * scale[image, c] * gamma[c] + beta[c], then an optional residual is added and an optional ReLU taken.
// In training the second statistic is 1 / sqrt(var + eps); in evaluation it is the running variance itself.
// Invocation (image, walker, columns), so that what belongs to columns is loaded once for many rows; see walk_rows.

override IMAGES: u32 = 1u;
override ROWS: u32; // of an image
override GROUPS: u32; // C / COLUMNS
override WALKERS: u32;
override EPS: f32;
override EVALUATION: bool;
override AFFINE: bool = true; // else gamma is 1 and beta 0
override RESIDUAL: bool = false;
override RELU: bool = false;

@group(0) @binding(0) var<storage, read> x: array<StoredColumns>;
@group(0) @binding(1) var<storage, read> mean: array<Columns>;
@group(0) @binding(2) var<storage, read> spread: array<Columns>;
@group(0) @binding(3) var<storage, read> gamma: array<Columns>;
@group(0) @binding(4) var<storage, read> beta: array<Columns>;
@group(0) @binding(5) var<storage, read> residual: array<StoredColumns>;
@group(0) @binding(6) var<storage, read_write> y: array<StoredColumns>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= IMAGES * WALKERS * GROUPS) {
    return;
  }
  let c = i % GROUPS;
  let image = i / (GROUPS * WALKERS);
  var scale = spread[image * GROUPS + c];
  if (EVALUATION) {
    scale = 1.0 / sqrt(scale + EPS);
  }
  let center = mean[image * GROUPS + c];
  var shift = Columns();
  if (AFFINE) {
    scale *= gamma[c];
    shift = beta[c];
  }
  let first = firstRow((i / GROUPS) % WALKERS);
  let end = endRow(first);
  for (var row = first; row < end; row += APART) {
    let j = (image * ROWS + row) * GROUPS + c;
    var v = (Columns(x[j]) - center) * scale + shift;
    if (RESIDUAL) {
      v += Columns(residual[j]);
    }
    if (RELU) {
      // Written as a selection so that NaN passes through, as in PyTorch.
      v = select(v, Columns(), v <= Columns());
    }
    y[j] = StoredColumns(v);
  }
}
