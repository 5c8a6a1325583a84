// GEMM core for subgroups of 4 lanes, one a workgroup: 8 rows, 4 columns a lane.
// A load takes four values of A for 4 rows, a lane a row, just before they are used; subgroupBroadcast spreads them to every
// lane. There is no barrier, so software adapters need no coroutine. SwiftShader turns a load into some 60 instructions and
// keeps everything in memory, so a tile must be small enough for its code to stay in the instruction cache.
// Joined to gemm_columns, gemm_accumulate and the files that read A (see ARCHITECTURE.md).

alias Columns = vec4f;
alias StoredColumns = Stored4;
alias ResultColumns = Result4;
const COLUMNS = 4u;

override LANES: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let m = (tile / COLUMN_BLOCKS) * 8u;
  if (m >= M) {
    return;
  }
  let n = ((tile % COLUMN_BLOCKS) * LANES + local.x) * COLUMNS;
  let column = min(n, N - COLUMNS);
  let lane = local.x % 4u;
  let row0 = rowA(min(m + 0u + lane, M - 1u));
  let row1 = rowA(min(m + 4u + lane, M - 1u));
  var c00 = Columns(); var c01 = Columns(); var c02 = Columns(); var c03 = Columns();
  var c10 = Columns(); var c11 = Columns(); var c12 = Columns(); var c13 = Columns();
  let endTap = min(TAPS, (workgroup.z + 1u) * TAPS_PER_SLICE);
  for (var tap = workgroup.z * TAPS_PER_SLICE; tap < endTap; tap += 1u) {
    let span0 = spanA(row0, tap);
    let span1 = spanA(row1, tap);
    var index = indexB(tap, 0u, column);
    for (var k = 0u; k < INNER; k += 4u) {
      let b0 = loadB(index);
      let b1 = loadB(index + ROW_B);
      let b2 = loadB(index + 2u * ROW_B);
      let b3 = loadB(index + 3u * ROW_B);
      index += 4u * ROW_B;
      let a0 = loadA(span0, k);
      c00 = accumulate(c00, subgroupBroadcast(a0, 0u), b0, b1, b2, b3);
      c01 = accumulate(c01, subgroupBroadcast(a0, 1u), b0, b1, b2, b3);
      c02 = accumulate(c02, subgroupBroadcast(a0, 2u), b0, b1, b2, b3);
      c03 = accumulate(c03, subgroupBroadcast(a0, 3u), b0, b1, b2, b3);
      let a1 = loadA(span1, k);
      c10 = accumulate(c10, subgroupBroadcast(a1, 0u), b0, b1, b2, b3);
      c11 = accumulate(c11, subgroupBroadcast(a1, 1u), b0, b1, b2, b3);
      c12 = accumulate(c12, subgroupBroadcast(a1, 2u), b0, b1, b2, b3);
      c13 = accumulate(c13, subgroupBroadcast(a1, 3u), b0, b1, b2, b3);
    }
  }
  if (n >= N) {
    return;
  }
  store(m + 0u, n, c00, workgroup.z);
  store(m + 1u, n, c01, workgroup.z);
  store(m + 2u, n, c02, workgroup.z);
  store(m + 3u, n, c03, workgroup.z);
  store(m + 4u, n, c10, workgroup.z);
  store(m + 5u, n, c11, workgroup.z);
  store(m + 6u, n, c12, workgroup.z);
  store(m + 7u, n, c13, workgroup.z);
}
