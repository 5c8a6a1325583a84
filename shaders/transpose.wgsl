// y[batch, column, row] = x[batch, row, column]: the last two dimensions exchanged.

override ROWS: u32;
override COLUMNS: u32;
override LENGTH: u32;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read_write> y: array<Stored>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= LENGTH) {
    return;
  }
  let row = i % ROWS;
  let column = (i / ROWS) % COLUMNS;
  let batch = i / (ROWS * COLUMNS);
  y[i] = x[(batch * ROWS + row) * COLUMNS + column];
}
