// GEMM core for GPUs where C is small: tiles of A and B in workgroup memory, 4 rows × 4 columns an invocation.
// Joined to gemm_columns, gemm_tiles and the files that read A (see ARCHITECTURE.md).

alias Columns = vec4f;
alias StoredColumns = Stored4;
alias ResultColumns = Result4;
const COLUMNS = 4u;
const ROW_BLOCKS = 1u;

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let m = (tile / COLUMN_BLOCKS) * TILE;
  let n = (tile % COLUMN_BLOCKS) * TILE;
  var c0 = vec4f();
  var c1 = vec4f();
  var c2 = vec4f();
  var c3 = vec4f();
  let end = min(TAPS, (workgroup.z + 1u) * TAPS_PER_SLICE) * TAP_BLOCKS;
  for (var block = workgroup.z * TAPS_PER_SLICE * TAP_BLOCKS; block < end; block += DEPTH_BLOCKS) {
    loadTiles(block, end, m, n, thread);
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k += 1u) {
      let rows = tileA[k * TILE_BLOCKS + local.y];
      let columns = tileB[k * TILE_BLOCKS + local.x];
      c0 = fma(vec4f(rows.x), columns, c0);
      c1 = fma(vec4f(rows.y), columns, c1);
      c2 = fma(vec4f(rows.z), columns, c2);
      c3 = fma(vec4f(rows.w), columns, c3);
    }
    workgroupBarrier();
  }
  let row = m + local.y * 4u;
  let column = n + local.x * 4u;
  if (column < N) {
    store(row, column, c0, workgroup.z);
    store(row + 1u, column, c1, workgroup.z);
    store(row + 2u, column, c2, workgroup.z);
    store(row + 3u, column, c3, workgroup.z);
  }
}
