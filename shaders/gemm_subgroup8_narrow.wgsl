// GEMM core for subgroups of 8 or more lanes and few columns: 48 rows, 2 columns a lane.
// A load takes four values of A for 8 rows, a lane a row; subgroupBroadcast spreads them to every lane. There is no barrier, so
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
      c00 = accumulate(c00, subgroupBroadcast(a0, 0u), b0, b1, b2, b3);
      c01 = accumulate(c01, subgroupBroadcast(a0, 1u), b0, b1, b2, b3);
      c02 = accumulate(c02, subgroupBroadcast(a0, 2u), b0, b1, b2, b3);
      c03 = accumulate(c03, subgroupBroadcast(a0, 3u), b0, b1, b2, b3);
      c04 = accumulate(c04, subgroupBroadcast(a0, 4u), b0, b1, b2, b3);
      c05 = accumulate(c05, subgroupBroadcast(a0, 5u), b0, b1, b2, b3);
      c06 = accumulate(c06, subgroupBroadcast(a0, 6u), b0, b1, b2, b3);
      c07 = accumulate(c07, subgroupBroadcast(a0, 7u), b0, b1, b2, b3);
      c10 = accumulate(c10, subgroupBroadcast(a1, 0u), b0, b1, b2, b3);
      c11 = accumulate(c11, subgroupBroadcast(a1, 1u), b0, b1, b2, b3);
      c12 = accumulate(c12, subgroupBroadcast(a1, 2u), b0, b1, b2, b3);
      c13 = accumulate(c13, subgroupBroadcast(a1, 3u), b0, b1, b2, b3);
      c14 = accumulate(c14, subgroupBroadcast(a1, 4u), b0, b1, b2, b3);
      c15 = accumulate(c15, subgroupBroadcast(a1, 5u), b0, b1, b2, b3);
      c16 = accumulate(c16, subgroupBroadcast(a1, 6u), b0, b1, b2, b3);
      c17 = accumulate(c17, subgroupBroadcast(a1, 7u), b0, b1, b2, b3);
      c20 = accumulate(c20, subgroupBroadcast(a2, 0u), b0, b1, b2, b3);
      c21 = accumulate(c21, subgroupBroadcast(a2, 1u), b0, b1, b2, b3);
      c22 = accumulate(c22, subgroupBroadcast(a2, 2u), b0, b1, b2, b3);
      c23 = accumulate(c23, subgroupBroadcast(a2, 3u), b0, b1, b2, b3);
      c24 = accumulate(c24, subgroupBroadcast(a2, 4u), b0, b1, b2, b3);
      c25 = accumulate(c25, subgroupBroadcast(a2, 5u), b0, b1, b2, b3);
      c26 = accumulate(c26, subgroupBroadcast(a2, 6u), b0, b1, b2, b3);
      c27 = accumulate(c27, subgroupBroadcast(a2, 7u), b0, b1, b2, b3);
      c30 = accumulate(c30, subgroupBroadcast(a3, 0u), b0, b1, b2, b3);
      c31 = accumulate(c31, subgroupBroadcast(a3, 1u), b0, b1, b2, b3);
      c32 = accumulate(c32, subgroupBroadcast(a3, 2u), b0, b1, b2, b3);
      c33 = accumulate(c33, subgroupBroadcast(a3, 3u), b0, b1, b2, b3);
      c34 = accumulate(c34, subgroupBroadcast(a3, 4u), b0, b1, b2, b3);
      c35 = accumulate(c35, subgroupBroadcast(a3, 5u), b0, b1, b2, b3);
      c36 = accumulate(c36, subgroupBroadcast(a3, 6u), b0, b1, b2, b3);
      c37 = accumulate(c37, subgroupBroadcast(a3, 7u), b0, b1, b2, b3);
      c40 = accumulate(c40, subgroupBroadcast(a4, 0u), b0, b1, b2, b3);
      c41 = accumulate(c41, subgroupBroadcast(a4, 1u), b0, b1, b2, b3);
      c42 = accumulate(c42, subgroupBroadcast(a4, 2u), b0, b1, b2, b3);
      c43 = accumulate(c43, subgroupBroadcast(a4, 3u), b0, b1, b2, b3);
      c44 = accumulate(c44, subgroupBroadcast(a4, 4u), b0, b1, b2, b3);
      c45 = accumulate(c45, subgroupBroadcast(a4, 5u), b0, b1, b2, b3);
      c46 = accumulate(c46, subgroupBroadcast(a4, 6u), b0, b1, b2, b3);
      c47 = accumulate(c47, subgroupBroadcast(a4, 7u), b0, b1, b2, b3);
      c50 = accumulate(c50, subgroupBroadcast(a5, 0u), b0, b1, b2, b3);
      c51 = accumulate(c51, subgroupBroadcast(a5, 1u), b0, b1, b2, b3);
      c52 = accumulate(c52, subgroupBroadcast(a5, 2u), b0, b1, b2, b3);
      c53 = accumulate(c53, subgroupBroadcast(a5, 3u), b0, b1, b2, b3);
      c54 = accumulate(c54, subgroupBroadcast(a5, 4u), b0, b1, b2, b3);
      c55 = accumulate(c55, subgroupBroadcast(a5, 5u), b0, b1, b2, b3);
      c56 = accumulate(c56, subgroupBroadcast(a5, 6u), b0, b1, b2, b3);
      c57 = accumulate(c57, subgroupBroadcast(a5, 7u), b0, b1, b2, b3);
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
