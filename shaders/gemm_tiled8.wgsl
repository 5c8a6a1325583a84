// GEMM core for GPUs: tiles of A and B in workgroup memory, 8 rows × 8 columns an invocation in registers. Of each eight
// columns four lie in the left half of the tile and four in the right, so that neighbours read neighbouring banks.
// Joined to gemm_columns, gemm_tiles and the files that read A (see ARCHITECTURE.md).

alias Columns = vec4f;
alias StoredColumns = Stored4;
alias ResultColumns = Result4;
const COLUMNS = 4u;
const ROW_BLOCKS = 2u;

@compute @workgroup_size(SIDE, SIDE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let m = (tile / COLUMN_BLOCKS) * TILE;
  let n = (tile % COLUMN_BLOCKS) * TILE;
  var l0 = vec4f(); var l1 = vec4f(); var l2 = vec4f(); var l3 = vec4f();
  var l4 = vec4f(); var l5 = vec4f(); var l6 = vec4f(); var l7 = vec4f();
  var r0 = vec4f(); var r1 = vec4f(); var r2 = vec4f(); var r3 = vec4f();
  var r4 = vec4f(); var r5 = vec4f(); var r6 = vec4f(); var r7 = vec4f();
  let end = min(TAPS, (workgroup.z + 1u) * TAPS_PER_SLICE) * TAP_BLOCKS;
  for (var block = workgroup.z * TAPS_PER_SLICE * TAP_BLOCKS; block < end; block += DEPTH_BLOCKS) {
    loadTiles(block, end, m, n, thread);
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k += 1u) {
      let top = tileA[k * TILE_BLOCKS + local.y * 2u];
      let bottom = tileA[k * TILE_BLOCKS + local.y * 2u + 1u];
      let left = tileB[k * TILE_BLOCKS + local.x];
      let right = tileB[k * TILE_BLOCKS + SIDE + local.x];
      l0 = fma(vec4f(top.x), left, l0);
      l1 = fma(vec4f(top.y), left, l1);
      l2 = fma(vec4f(top.z), left, l2);
      l3 = fma(vec4f(top.w), left, l3);
      l4 = fma(vec4f(bottom.x), left, l4);
      l5 = fma(vec4f(bottom.y), left, l5);
      l6 = fma(vec4f(bottom.z), left, l6);
      l7 = fma(vec4f(bottom.w), left, l7);
      r0 = fma(vec4f(top.x), right, r0);
      r1 = fma(vec4f(top.y), right, r1);
      r2 = fma(vec4f(top.z), right, r2);
      r3 = fma(vec4f(top.w), right, r3);
      r4 = fma(vec4f(bottom.x), right, r4);
      r5 = fma(vec4f(bottom.y), right, r5);
      r6 = fma(vec4f(bottom.z), right, r6);
      r7 = fma(vec4f(bottom.w), right, r7);
    }
    workgroupBarrier();
  }
  let row = m + local.y * 8u;
  let columnLeft = n + local.x * 4u;
  if (columnLeft < N) {
    store(row, columnLeft, l0, workgroup.z);
    store(row + 1u, columnLeft, l1, workgroup.z);
    store(row + 2u, columnLeft, l2, workgroup.z);
    store(row + 3u, columnLeft, l3, workgroup.z);
    store(row + 4u, columnLeft, l4, workgroup.z);
    store(row + 5u, columnLeft, l5, workgroup.z);
    store(row + 6u, columnLeft, l6, workgroup.z);
    store(row + 7u, columnLeft, l7, workgroup.z);
  }
  let columnRight = columnLeft + SIDE * 4u;
  if (columnRight < N) {
    store(row, columnRight, r0, workgroup.z);
    store(row + 1u, columnRight, r1, workgroup.z);
    store(row + 2u, columnRight, r2, workgroup.z);
    store(row + 3u, columnRight, r3, workgroup.z);
    store(row + 4u, columnRight, r4, workgroup.z);
    store(row + 5u, columnRight, r5, workgroup.z);
    store(row + 6u, columnRight, r6, workgroup.z);
    store(row + 7u, columnRight, r7, workgroup.z);
  }
}
