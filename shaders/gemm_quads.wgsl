// GEMM core for quads of subgroups of 8 lanes, two a workgroup, and few columns, read from textures: a quad makes 32 rows of 16
// columns, 4 a lane. A lane loads four values of each of its rows of A; subgroupShuffle spreads them to the quad. Joined to
// gemm_columns, gemm_accumulate, lane_rows or texel_rows, and the files that read A and B (see ARCHITECTURE.md).

alias Columns = vec4f;
alias StoredColumns = Stored4;
alias ResultColumns = Result4;
const COLUMNS = 4u;
const ROWS_OF_QUAD = 32u;

override LANES: u32;
// Lanes that load rows of A for each other.
const ROW_LANES = 4u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let first = (tile / COLUMN_BLOCKS) * ROWS_OF_QUAD * LANES / ROW_LANES;
  if (first >= M) {
    return;
  }
  let m = first + local.x / ROW_LANES * ROWS_OF_QUAD;
  let lane = local.x % ROW_LANES;
  // The lanes that share their rows with this one. Not constants, of which lavapipe makes two instructions where a shuffle is one.
  let lane0 = local.x - lane;
  let lane1 = lane0 + 1u;
  let lane2 = lane0 + 2u;
  let lane3 = lane0 + 3u;
  let n = ((tile % COLUMN_BLOCKS) * ROW_LANES + lane) * COLUMNS;
  let column = min(n, N - COLUMNS);
  let row0 = rowA(min(m + rowInTile(0u, lane), M - 1u));
  let row1 = rowA(min(m + rowInTile(1u, lane), M - 1u));
  let row2 = rowA(min(m + rowInTile(2u, lane), M - 1u));
  let row3 = rowA(min(m + rowInTile(3u, lane), M - 1u));
  let row4 = rowA(min(m + rowInTile(4u, lane), M - 1u));
  let row5 = rowA(min(m + rowInTile(5u, lane), M - 1u));
  let row6 = rowA(min(m + rowInTile(6u, lane), M - 1u));
  let row7 = rowA(min(m + rowInTile(7u, lane), M - 1u));
  var c00 = Columns(); var c01 = Columns(); var c02 = Columns(); var c03 = Columns();
  var c10 = Columns(); var c11 = Columns(); var c12 = Columns(); var c13 = Columns();
  var c20 = Columns(); var c21 = Columns(); var c22 = Columns(); var c23 = Columns();
  var c30 = Columns(); var c31 = Columns(); var c32 = Columns(); var c33 = Columns();
  var c40 = Columns(); var c41 = Columns(); var c42 = Columns(); var c43 = Columns();
  var c50 = Columns(); var c51 = Columns(); var c52 = Columns(); var c53 = Columns();
  var c60 = Columns(); var c61 = Columns(); var c62 = Columns(); var c63 = Columns();
  var c70 = Columns(); var c71 = Columns(); var c72 = Columns(); var c73 = Columns();
  let endTap = min(TAPS, (workgroup.z + 1u) * TAPS_PER_SLICE);
  for (var tap = workgroup.z * TAPS_PER_SLICE; tap < endTap; tap += 1u) {
    let span0 = spanA(row0, tap);
    let span1 = spanA(row1, tap);
    let span2 = spanA(row2, tap);
    let span3 = spanA(row3, tap);
    let span4 = spanA(row4, tap);
    let span5 = spanA(row5, tap);
    let span6 = spanA(row6, tap);
    let span7 = spanA(row7, tap);
    var index = indexB(tap, 0u, column);
    for (var k = 0u; k < INNER; k += 4u) {
      let near = loadRows4(span0, span1, span2, span3, k);
      let far = loadRows4(span4, span5, span6, span7, k);
      let b0 = loadB(index);
      let b1 = loadB(index + ROW_B);
      let b2 = loadB(index + 2u * ROW_B);
      let b3 = loadB(index + 3u * ROW_B);
      index += 4u * ROW_B;
      c00 = accumulate(c00, subgroupShuffle(near.a, lane0), b0, b1, b2, b3);
      c01 = accumulate(c01, subgroupShuffle(near.a, lane1), b0, b1, b2, b3);
      c02 = accumulate(c02, subgroupShuffle(near.a, lane2), b0, b1, b2, b3);
      c03 = accumulate(c03, subgroupShuffle(near.a, lane3), b0, b1, b2, b3);
      c10 = accumulate(c10, subgroupShuffle(near.b, lane0), b0, b1, b2, b3);
      c11 = accumulate(c11, subgroupShuffle(near.b, lane1), b0, b1, b2, b3);
      c12 = accumulate(c12, subgroupShuffle(near.b, lane2), b0, b1, b2, b3);
      c13 = accumulate(c13, subgroupShuffle(near.b, lane3), b0, b1, b2, b3);
      c20 = accumulate(c20, subgroupShuffle(near.c, lane0), b0, b1, b2, b3);
      c21 = accumulate(c21, subgroupShuffle(near.c, lane1), b0, b1, b2, b3);
      c22 = accumulate(c22, subgroupShuffle(near.c, lane2), b0, b1, b2, b3);
      c23 = accumulate(c23, subgroupShuffle(near.c, lane3), b0, b1, b2, b3);
      c30 = accumulate(c30, subgroupShuffle(near.d, lane0), b0, b1, b2, b3);
      c31 = accumulate(c31, subgroupShuffle(near.d, lane1), b0, b1, b2, b3);
      c32 = accumulate(c32, subgroupShuffle(near.d, lane2), b0, b1, b2, b3);
      c33 = accumulate(c33, subgroupShuffle(near.d, lane3), b0, b1, b2, b3);
      c40 = accumulate(c40, subgroupShuffle(far.a, lane0), b0, b1, b2, b3);
      c41 = accumulate(c41, subgroupShuffle(far.a, lane1), b0, b1, b2, b3);
      c42 = accumulate(c42, subgroupShuffle(far.a, lane2), b0, b1, b2, b3);
      c43 = accumulate(c43, subgroupShuffle(far.a, lane3), b0, b1, b2, b3);
      c50 = accumulate(c50, subgroupShuffle(far.b, lane0), b0, b1, b2, b3);
      c51 = accumulate(c51, subgroupShuffle(far.b, lane1), b0, b1, b2, b3);
      c52 = accumulate(c52, subgroupShuffle(far.b, lane2), b0, b1, b2, b3);
      c53 = accumulate(c53, subgroupShuffle(far.b, lane3), b0, b1, b2, b3);
      c60 = accumulate(c60, subgroupShuffle(far.c, lane0), b0, b1, b2, b3);
      c61 = accumulate(c61, subgroupShuffle(far.c, lane1), b0, b1, b2, b3);
      c62 = accumulate(c62, subgroupShuffle(far.c, lane2), b0, b1, b2, b3);
      c63 = accumulate(c63, subgroupShuffle(far.c, lane3), b0, b1, b2, b3);
      c70 = accumulate(c70, subgroupShuffle(far.d, lane0), b0, b1, b2, b3);
      c71 = accumulate(c71, subgroupShuffle(far.d, lane1), b0, b1, b2, b3);
      c72 = accumulate(c72, subgroupShuffle(far.d, lane2), b0, b1, b2, b3);
      c73 = accumulate(c73, subgroupShuffle(far.d, lane3), b0, b1, b2, b3);
    }
  }
  if (n >= N) {
    return;
  }
  store(m + rowInTile(0u, 0u), n, c00, workgroup.z);
  store(m + rowInTile(0u, 1u), n, c01, workgroup.z);
  store(m + rowInTile(0u, 2u), n, c02, workgroup.z);
  store(m + rowInTile(0u, 3u), n, c03, workgroup.z);
  store(m + rowInTile(1u, 0u), n, c10, workgroup.z);
  store(m + rowInTile(1u, 1u), n, c11, workgroup.z);
  store(m + rowInTile(1u, 2u), n, c12, workgroup.z);
  store(m + rowInTile(1u, 3u), n, c13, workgroup.z);
  store(m + rowInTile(2u, 0u), n, c20, workgroup.z);
  store(m + rowInTile(2u, 1u), n, c21, workgroup.z);
  store(m + rowInTile(2u, 2u), n, c22, workgroup.z);
  store(m + rowInTile(2u, 3u), n, c23, workgroup.z);
  store(m + rowInTile(3u, 0u), n, c30, workgroup.z);
  store(m + rowInTile(3u, 1u), n, c31, workgroup.z);
  store(m + rowInTile(3u, 2u), n, c32, workgroup.z);
  store(m + rowInTile(3u, 3u), n, c33, workgroup.z);
  store(m + rowInTile(4u, 0u), n, c40, workgroup.z);
  store(m + rowInTile(4u, 1u), n, c41, workgroup.z);
  store(m + rowInTile(4u, 2u), n, c42, workgroup.z);
  store(m + rowInTile(4u, 3u), n, c43, workgroup.z);
  store(m + rowInTile(5u, 0u), n, c50, workgroup.z);
  store(m + rowInTile(5u, 1u), n, c51, workgroup.z);
  store(m + rowInTile(5u, 2u), n, c52, workgroup.z);
  store(m + rowInTile(5u, 3u), n, c53, workgroup.z);
  store(m + rowInTile(6u, 0u), n, c60, workgroup.z);
  store(m + rowInTile(6u, 1u), n, c61, workgroup.z);
  store(m + rowInTile(6u, 2u), n, c62, workgroup.z);
  store(m + rowInTile(6u, 3u), n, c63, workgroup.z);
  store(m + rowInTile(7u, 0u), n, c70, workgroup.z);
  store(m + rowInTile(7u, 1u), n, c71, workgroup.z);
  store(m + rowInTile(7u, 2u), n, c72, workgroup.z);
  store(m + rowInTile(7u, 3u), n, c73, workgroup.z);
}
