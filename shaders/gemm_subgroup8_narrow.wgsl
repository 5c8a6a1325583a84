// GEMM core for subgroups of 8 or more lanes and few columns: 48 rows, 2 columns a lane.
// A load takes four values of A for 8 rows, a lane a row; subgroupShuffle spreads them to every lane. There is no barrier, so
// software adapters need no coroutine. Joined to gemm_columns, gemm_accumulate and the files that read A (see ARCHITECTURE.md).

alias Columns = vec2f;
alias StoredColumns = Stored2;
alias ResultColumns = Result2;
const COLUMNS = 2u;

override LANES: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let m = (tile / COLUMN_BLOCKS) * 48u;
  if (m >= M) {
    return;
  }
  let n = ((tile % COLUMN_BLOCKS) * LANES + local.x) * COLUMNS;
  let column = min(n, N - COLUMNS);
  let lane = local.x % 8u;
  // The lanes that share their rows with this one. Not constants, of which lavapipe makes two instructions where a shuffle is one.
  let lane0 = local.x - lane;
  let lane1 = lane0 + 1u;
  let lane2 = lane0 + 2u;
  let lane3 = lane0 + 3u;
  let lane4 = lane0 + 4u;
  let lane5 = lane0 + 5u;
  let lane6 = lane0 + 6u;
  let lane7 = lane0 + 7u;
  let row0 = rowA(min(m + 0u + lane, M - 1u));
  let row1 = rowA(min(m + 8u + lane, M - 1u));
  let row2 = rowA(min(m + 16u + lane, M - 1u));
  let row3 = rowA(min(m + 24u + lane, M - 1u));
  let row4 = rowA(min(m + 32u + lane, M - 1u));
  let row5 = rowA(min(m + 40u + lane, M - 1u));
  var c00 = Columns(); var c01 = Columns(); var c02 = Columns(); var c03 = Columns();
  var c04 = Columns(); var c05 = Columns(); var c06 = Columns(); var c07 = Columns();
  var c10 = Columns(); var c11 = Columns(); var c12 = Columns(); var c13 = Columns();
  var c14 = Columns(); var c15 = Columns(); var c16 = Columns(); var c17 = Columns();
  var c20 = Columns(); var c21 = Columns(); var c22 = Columns(); var c23 = Columns();
  var c24 = Columns(); var c25 = Columns(); var c26 = Columns(); var c27 = Columns();
  var c30 = Columns(); var c31 = Columns(); var c32 = Columns(); var c33 = Columns();
  var c34 = Columns(); var c35 = Columns(); var c36 = Columns(); var c37 = Columns();
  var c40 = Columns(); var c41 = Columns(); var c42 = Columns(); var c43 = Columns();
  var c44 = Columns(); var c45 = Columns(); var c46 = Columns(); var c47 = Columns();
  var c50 = Columns(); var c51 = Columns(); var c52 = Columns(); var c53 = Columns();
  var c54 = Columns(); var c55 = Columns(); var c56 = Columns(); var c57 = Columns();
  let endTap = min(TAPS, (workgroup.z + 1u) * TAPS_PER_SLICE);
  for (var tap = workgroup.z * TAPS_PER_SLICE; tap < endTap; tap += 1u) {
    let span0 = spanA(row0, tap);
    let span1 = spanA(row1, tap);
    let span2 = spanA(row2, tap);
    let span3 = spanA(row3, tap);
    let span4 = spanA(row4, tap);
    let span5 = spanA(row5, tap);
    var index = indexB(tap, 0u, column);
    for (var k = 0u; k < INNER; k += 4u) {
      let a0 = loadA(span0, k);
      let a1 = loadA(span1, k);
      let a2 = loadA(span2, k);
      let a3 = loadA(span3, k);
      let a4 = loadA(span4, k);
      let a5 = loadA(span5, k);
      let b0 = loadB(index);
      let b1 = loadB(index + ROW_B);
      let b2 = loadB(index + 2u * ROW_B);
      let b3 = loadB(index + 3u * ROW_B);
      index += 4u * ROW_B;
      c00 = accumulate(c00, subgroupShuffle(a0, lane0), b0, b1, b2, b3);
      c01 = accumulate(c01, subgroupShuffle(a0, lane1), b0, b1, b2, b3);
      c02 = accumulate(c02, subgroupShuffle(a0, lane2), b0, b1, b2, b3);
      c03 = accumulate(c03, subgroupShuffle(a0, lane3), b0, b1, b2, b3);
      c04 = accumulate(c04, subgroupShuffle(a0, lane4), b0, b1, b2, b3);
      c05 = accumulate(c05, subgroupShuffle(a0, lane5), b0, b1, b2, b3);
      c06 = accumulate(c06, subgroupShuffle(a0, lane6), b0, b1, b2, b3);
      c07 = accumulate(c07, subgroupShuffle(a0, lane7), b0, b1, b2, b3);
      c10 = accumulate(c10, subgroupShuffle(a1, lane0), b0, b1, b2, b3);
      c11 = accumulate(c11, subgroupShuffle(a1, lane1), b0, b1, b2, b3);
      c12 = accumulate(c12, subgroupShuffle(a1, lane2), b0, b1, b2, b3);
      c13 = accumulate(c13, subgroupShuffle(a1, lane3), b0, b1, b2, b3);
      c14 = accumulate(c14, subgroupShuffle(a1, lane4), b0, b1, b2, b3);
      c15 = accumulate(c15, subgroupShuffle(a1, lane5), b0, b1, b2, b3);
      c16 = accumulate(c16, subgroupShuffle(a1, lane6), b0, b1, b2, b3);
      c17 = accumulate(c17, subgroupShuffle(a1, lane7), b0, b1, b2, b3);
      c20 = accumulate(c20, subgroupShuffle(a2, lane0), b0, b1, b2, b3);
      c21 = accumulate(c21, subgroupShuffle(a2, lane1), b0, b1, b2, b3);
      c22 = accumulate(c22, subgroupShuffle(a2, lane2), b0, b1, b2, b3);
      c23 = accumulate(c23, subgroupShuffle(a2, lane3), b0, b1, b2, b3);
      c24 = accumulate(c24, subgroupShuffle(a2, lane4), b0, b1, b2, b3);
      c25 = accumulate(c25, subgroupShuffle(a2, lane5), b0, b1, b2, b3);
      c26 = accumulate(c26, subgroupShuffle(a2, lane6), b0, b1, b2, b3);
      c27 = accumulate(c27, subgroupShuffle(a2, lane7), b0, b1, b2, b3);
      c30 = accumulate(c30, subgroupShuffle(a3, lane0), b0, b1, b2, b3);
      c31 = accumulate(c31, subgroupShuffle(a3, lane1), b0, b1, b2, b3);
      c32 = accumulate(c32, subgroupShuffle(a3, lane2), b0, b1, b2, b3);
      c33 = accumulate(c33, subgroupShuffle(a3, lane3), b0, b1, b2, b3);
      c34 = accumulate(c34, subgroupShuffle(a3, lane4), b0, b1, b2, b3);
      c35 = accumulate(c35, subgroupShuffle(a3, lane5), b0, b1, b2, b3);
      c36 = accumulate(c36, subgroupShuffle(a3, lane6), b0, b1, b2, b3);
      c37 = accumulate(c37, subgroupShuffle(a3, lane7), b0, b1, b2, b3);
      c40 = accumulate(c40, subgroupShuffle(a4, lane0), b0, b1, b2, b3);
      c41 = accumulate(c41, subgroupShuffle(a4, lane1), b0, b1, b2, b3);
      c42 = accumulate(c42, subgroupShuffle(a4, lane2), b0, b1, b2, b3);
      c43 = accumulate(c43, subgroupShuffle(a4, lane3), b0, b1, b2, b3);
      c44 = accumulate(c44, subgroupShuffle(a4, lane4), b0, b1, b2, b3);
      c45 = accumulate(c45, subgroupShuffle(a4, lane5), b0, b1, b2, b3);
      c46 = accumulate(c46, subgroupShuffle(a4, lane6), b0, b1, b2, b3);
      c47 = accumulate(c47, subgroupShuffle(a4, lane7), b0, b1, b2, b3);
      c50 = accumulate(c50, subgroupShuffle(a5, lane0), b0, b1, b2, b3);
      c51 = accumulate(c51, subgroupShuffle(a5, lane1), b0, b1, b2, b3);
      c52 = accumulate(c52, subgroupShuffle(a5, lane2), b0, b1, b2, b3);
      c53 = accumulate(c53, subgroupShuffle(a5, lane3), b0, b1, b2, b3);
      c54 = accumulate(c54, subgroupShuffle(a5, lane4), b0, b1, b2, b3);
      c55 = accumulate(c55, subgroupShuffle(a5, lane5), b0, b1, b2, b3);
      c56 = accumulate(c56, subgroupShuffle(a5, lane6), b0, b1, b2, b3);
      c57 = accumulate(c57, subgroupShuffle(a5, lane7), b0, b1, b2, b3);
    }
  }
  if (n >= N) {
    return;
  }
  store(m + 0u, n, c00, workgroup.z);
  store(m + 1u, n, c01, workgroup.z);
  store(m + 2u, n, c02, workgroup.z);
  store(m + 3u, n, c03, workgroup.z);
  store(m + 4u, n, c04, workgroup.z);
  store(m + 5u, n, c05, workgroup.z);
  store(m + 6u, n, c06, workgroup.z);
  store(m + 7u, n, c07, workgroup.z);
  store(m + 8u, n, c10, workgroup.z);
  store(m + 9u, n, c11, workgroup.z);
  store(m + 10u, n, c12, workgroup.z);
  store(m + 11u, n, c13, workgroup.z);
  store(m + 12u, n, c14, workgroup.z);
  store(m + 13u, n, c15, workgroup.z);
  store(m + 14u, n, c16, workgroup.z);
  store(m + 15u, n, c17, workgroup.z);
  store(m + 16u, n, c20, workgroup.z);
  store(m + 17u, n, c21, workgroup.z);
  store(m + 18u, n, c22, workgroup.z);
  store(m + 19u, n, c23, workgroup.z);
  store(m + 20u, n, c24, workgroup.z);
  store(m + 21u, n, c25, workgroup.z);
  store(m + 22u, n, c26, workgroup.z);
  store(m + 23u, n, c27, workgroup.z);
  store(m + 24u, n, c30, workgroup.z);
  store(m + 25u, n, c31, workgroup.z);
  store(m + 26u, n, c32, workgroup.z);
  store(m + 27u, n, c33, workgroup.z);
  store(m + 28u, n, c34, workgroup.z);
  store(m + 29u, n, c35, workgroup.z);
  store(m + 30u, n, c36, workgroup.z);
  store(m + 31u, n, c37, workgroup.z);
  store(m + 32u, n, c40, workgroup.z);
  store(m + 33u, n, c41, workgroup.z);
  store(m + 34u, n, c42, workgroup.z);
  store(m + 35u, n, c43, workgroup.z);
  store(m + 36u, n, c44, workgroup.z);
  store(m + 37u, n, c45, workgroup.z);
  store(m + 38u, n, c46, workgroup.z);
  store(m + 39u, n, c47, workgroup.z);
  store(m + 40u, n, c50, workgroup.z);
  store(m + 41u, n, c51, workgroup.z);
  store(m + 42u, n, c52, workgroup.z);
  store(m + 43u, n, c53, workgroup.z);
  store(m + 44u, n, c54, workgroup.z);
  store(m + 45u, n, c55, workgroup.z);
  store(m + 46u, n, c56, workgroup.z);
  store(m + 47u, n, c57, workgroup.z);
}
