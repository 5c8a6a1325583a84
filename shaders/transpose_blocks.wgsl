// What transpose does, where four divides both dimensions: an invocation a block of 4 × 4, so that four neighbours are used of every
// cache line that is met.

override ROWS: u32;
override COLUMNS: u32;
override BLOCKS: u32;

@group(0) @binding(0) var<storage, read> x: array<Stored4>;
@group(0) @binding(1) var<storage, read_write> y: array<Stored4>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= BLOCKS) {
    return;
  }
  let down = ROWS / 4u;
  let across = COLUMNS / 4u;
  let batch = i / (down * across);
  let row = i % down;
  let column = (i / down) % across;
  let source = (batch * ROWS + 4u * row) * across + column;
  let a = x[source];
  let b = x[source + across];
  let c = x[source + 2u * across];
  let d = x[source + 3u * across];
  let result = (batch * COLUMNS + 4u * column) * down + row;
  y[result] = Stored4(a.x, b.x, c.x, d.x);
  y[result + down] = Stored4(a.y, b.y, c.y, d.y);
  y[result + 2u * down] = Stored4(a.z, b.z, c.z, d.z);
  y[result + 3u * down] = Stored4(a.w, b.w, c.w, d.w);
}
