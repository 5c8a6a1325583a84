// First stage of the statistics of a normalisation, of each of x[IMAGES, ROWS, C] (for batch-norm all is one image): invocation
// (image, slot, columns) reads rows slot, slot + SLOTS, … once and
// keeps their mean and their sum of squared deviations. Values are shifted by the column's first, so that a mean far
// from zero costs no precision (Chan, Golub and LeVeque, "Algorithms for computing the sample variance", 1983).

override IMAGES: u32 = 1u;
override ROWS: u32; // of an image
override GROUPS: u32; // C / COLUMNS
override SLOTS: u32;
override FIRST_SLOT: u32 = 0u; // of one image: where x is one part of several, those before it fill the slots before this

@group(0) @binding(0) var<storage, read> x: array<StoredColumns>;
@group(0) @binding(1) var<storage, read> origin: array<StoredColumns>; // an image's first row is its shift; that of all parts is every part's
@group(0) @binding(2) var<storage, read_write> partialMean: array<Columns>;
@group(0) @binding(3) var<storage, read_write> partialM2: array<Columns>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= IMAGES * SLOTS * GROUPS) {
    return;
  }
  let c = i % GROUPS;
  let slot = (i / GROUPS) % SLOTS;
  let first = i / (GROUPS * SLOTS) * ROWS;
  let shift = Columns(origin[first * GROUPS + c]);
  var sum = Columns();
  var squares = Columns();
  for (var row = slot; row < ROWS; row += SLOTS) {
    let d = Columns(x[(first + row) * GROUPS + c]) - shift;
    sum += d;
    squares = fma(d, d, squares);
  }
  let count = f32((ROWS - slot + SLOTS - 1u) / SLOTS);
  let at = i + FIRST_SLOT * GROUPS;
  partialMean[at] = sum / count;
  partialM2[at] = max(squares - sum * (sum / count), Columns());
}
