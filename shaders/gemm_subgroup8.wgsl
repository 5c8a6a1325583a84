// GEMM core for subgroups of 8 or more lanes, one a workgroup: 32 rows, 4 columns a lane.
// A lane loads four values of each of its rows of A; subgroupShuffle spreads them to every lane. There is no barrier, so
// software adapters need no coroutine. Joined to gemm_columns, gemm_accumulate, lane_rows or
// texel_rows, and the files that read A and B (see ARCHITECTURE.md).

alias Columns = vec4f;
alias StoredColumns = Stored4;
alias ResultColumns = Result4;
const COLUMNS = 4u;

override LANES: u32;
// Lanes that load rows of A for each other.
const ROW_LANES = 8u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let m = (tile / COLUMN_BLOCKS) * 32u;
  if (m >= M) {
    return;
  }
  let n = ((tile % COLUMN_BLOCKS) * LANES + local.x) * COLUMNS;
  let column = min(n, N - COLUMNS);
  let lane = local.x % ROW_LANES;
  // The lanes that share their rows with this one. Not constants, of which lavapipe makes two instructions where a shuffle is one.
  let lane0 = local.x - lane;
  let lane1 = lane0 + 1u;
  let lane2 = lane0 + 2u;
  let lane3 = lane0 + 3u;
  let lane4 = lane0 + 4u;
  let lane5 = lane0 + 5u;
  let lane6 = lane0 + 6u;
  let lane7 = lane0 + 7u;
  let row0 = rowA(min(m + rowInTile(0u, lane), M - 1u));
  let row1 = rowA(min(m + rowInTile(1u, lane), M - 1u));
  let row2 = rowA(min(m + rowInTile(2u, lane), M - 1u));
  let row3 = rowA(min(m + rowInTile(3u, lane), M - 1u));
  var c00 = Columns(); var c01 = Columns(); var c02 = Columns(); var c03 = Columns();
  var c04 = Columns(); var c05 = Columns(); var c06 = Columns(); var c07 = Columns();
  var c10 = Columns(); var c11 = Columns(); var c12 = Columns(); var c13 = Columns();
  var c14 = Columns(); var c15 = Columns(); var c16 = Columns(); var c17 = Columns();
  var c20 = Columns(); var c21 = Columns(); var c22 = Columns(); var c23 = Columns();
  var c24 = Columns(); var c25 = Columns(); var c26 = Columns(); var c27 = Columns();
  var c30 = Columns(); var c31 = Columns(); var c32 = Columns(); var c33 = Columns();
  var c34 = Columns(); var c35 = Columns(); var c36 = Columns(); var c37 = Columns();
  let endTap = min(TAPS, (workgroup.z + 1u) * TAPS_PER_SLICE);
  for (var tap = workgroup.z * TAPS_PER_SLICE; tap < endTap; tap += 1u) {
    let span0 = spanA(row0, tap);
    let span1 = spanA(row1, tap);
    let span2 = spanA(row2, tap);
    let span3 = spanA(row3, tap);
    var index = indexB(tap, 0u, column);
    for (var k = 0u; k < INNER; k += 4u) {
      let rows = loadRows4(span0, span1, span2, span3, k);
      let b0 = loadB(index);
      let b1 = loadB(index + ROW_B);
      let b2 = loadB(index + 2u * ROW_B);
      let b3 = loadB(index + 3u * ROW_B);
      index += 4u * ROW_B;
      c00 = accumulate(c00, subgroupShuffle(rows.a, lane0), b0, b1, b2, b3);
      c01 = accumulate(c01, subgroupShuffle(rows.a, lane1), b0, b1, b2, b3);
      c02 = accumulate(c02, subgroupShuffle(rows.a, lane2), b0, b1, b2, b3);
      c03 = accumulate(c03, subgroupShuffle(rows.a, lane3), b0, b1, b2, b3);
      c04 = accumulate(c04, subgroupShuffle(rows.a, lane4), b0, b1, b2, b3);
      c05 = accumulate(c05, subgroupShuffle(rows.a, lane5), b0, b1, b2, b3);
      c06 = accumulate(c06, subgroupShuffle(rows.a, lane6), b0, b1, b2, b3);
      c07 = accumulate(c07, subgroupShuffle(rows.a, lane7), b0, b1, b2, b3);
      c10 = accumulate(c10, subgroupShuffle(rows.b, lane0), b0, b1, b2, b3);
      c11 = accumulate(c11, subgroupShuffle(rows.b, lane1), b0, b1, b2, b3);
      c12 = accumulate(c12, subgroupShuffle(rows.b, lane2), b0, b1, b2, b3);
      c13 = accumulate(c13, subgroupShuffle(rows.b, lane3), b0, b1, b2, b3);
      c14 = accumulate(c14, subgroupShuffle(rows.b, lane4), b0, b1, b2, b3);
      c15 = accumulate(c15, subgroupShuffle(rows.b, lane5), b0, b1, b2, b3);
      c16 = accumulate(c16, subgroupShuffle(rows.b, lane6), b0, b1, b2, b3);
      c17 = accumulate(c17, subgroupShuffle(rows.b, lane7), b0, b1, b2, b3);
      c20 = accumulate(c20, subgroupShuffle(rows.c, lane0), b0, b1, b2, b3);
      c21 = accumulate(c21, subgroupShuffle(rows.c, lane1), b0, b1, b2, b3);
      c22 = accumulate(c22, subgroupShuffle(rows.c, lane2), b0, b1, b2, b3);
      c23 = accumulate(c23, subgroupShuffle(rows.c, lane3), b0, b1, b2, b3);
      c24 = accumulate(c24, subgroupShuffle(rows.c, lane4), b0, b1, b2, b3);
      c25 = accumulate(c25, subgroupShuffle(rows.c, lane5), b0, b1, b2, b3);
      c26 = accumulate(c26, subgroupShuffle(rows.c, lane6), b0, b1, b2, b3);
      c27 = accumulate(c27, subgroupShuffle(rows.c, lane7), b0, b1, b2, b3);
      c30 = accumulate(c30, subgroupShuffle(rows.d, lane0), b0, b1, b2, b3);
      c31 = accumulate(c31, subgroupShuffle(rows.d, lane1), b0, b1, b2, b3);
      c32 = accumulate(c32, subgroupShuffle(rows.d, lane2), b0, b1, b2, b3);
      c33 = accumulate(c33, subgroupShuffle(rows.d, lane3), b0, b1, b2, b3);
      c34 = accumulate(c34, subgroupShuffle(rows.d, lane4), b0, b1, b2, b3);
      c35 = accumulate(c35, subgroupShuffle(rows.d, lane5), b0, b1, b2, b3);
      c36 = accumulate(c36, subgroupShuffle(rows.d, lane6), b0, b1, b2, b3);
      c37 = accumulate(c37, subgroupShuffle(rows.d, lane7), b0, b1, b2, b3);
    }
  }
  if (n >= N) {
    return;
  }
  store(m + rowInTile(0u, 0u), n, c00, workgroup.z);
  store(m + rowInTile(0u, 1u), n, c01, workgroup.z);
  store(m + rowInTile(0u, 2u), n, c02, workgroup.z);
  store(m + rowInTile(0u, 3u), n, c03, workgroup.z);
  store(m + rowInTile(0u, 4u), n, c04, workgroup.z);
  store(m + rowInTile(0u, 5u), n, c05, workgroup.z);
  store(m + rowInTile(0u, 6u), n, c06, workgroup.z);
  store(m + rowInTile(0u, 7u), n, c07, workgroup.z);
  store(m + rowInTile(1u, 0u), n, c10, workgroup.z);
  store(m + rowInTile(1u, 1u), n, c11, workgroup.z);
  store(m + rowInTile(1u, 2u), n, c12, workgroup.z);
  store(m + rowInTile(1u, 3u), n, c13, workgroup.z);
  store(m + rowInTile(1u, 4u), n, c14, workgroup.z);
  store(m + rowInTile(1u, 5u), n, c15, workgroup.z);
  store(m + rowInTile(1u, 6u), n, c16, workgroup.z);
  store(m + rowInTile(1u, 7u), n, c17, workgroup.z);
  store(m + rowInTile(2u, 0u), n, c20, workgroup.z);
  store(m + rowInTile(2u, 1u), n, c21, workgroup.z);
  store(m + rowInTile(2u, 2u), n, c22, workgroup.z);
  store(m + rowInTile(2u, 3u), n, c23, workgroup.z);
  store(m + rowInTile(2u, 4u), n, c24, workgroup.z);
  store(m + rowInTile(2u, 5u), n, c25, workgroup.z);
  store(m + rowInTile(2u, 6u), n, c26, workgroup.z);
  store(m + rowInTile(2u, 7u), n, c27, workgroup.z);
  store(m + rowInTile(3u, 0u), n, c30, workgroup.z);
  store(m + rowInTile(3u, 1u), n, c31, workgroup.z);
  store(m + rowInTile(3u, 2u), n, c32, workgroup.z);
  store(m + rowInTile(3u, 3u), n, c33, workgroup.z);
  store(m + rowInTile(3u, 4u), n, c34, workgroup.z);
  store(m + rowInTile(3u, 5u), n, c35, workgroup.z);
  store(m + rowInTile(3u, 6u), n, c36, workgroup.z);
  store(m + rowInTile(3u, 7u), n, c37, workgroup.z);
}
