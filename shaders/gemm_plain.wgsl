// GEMM core for any adapter and any number of columns: 8 rows and a column a lane, straight from storage, no barrier.
// Lanes run along columns, so B is read in whole lines. Joined to files as its subgroup siblings are.

alias Columns = f32;
alias StoredColumns = Stored;
alias ResultColumns = Result;
const COLUMNS = 1u;

override LANES: u32;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let m = (tile / COLUMN_BLOCKS) * 8u;
  let n = (tile % COLUMN_BLOCKS) * LANES + local.x;
  if (m >= M || n >= N) {
    return;
  }
  let last = M - 1u;
  let row0 = rowA(m);
  let row1 = rowA(min(m + 1u, last));
  let row2 = rowA(min(m + 2u, last));
  let row3 = rowA(min(m + 3u, last));
  let row4 = rowA(min(m + 4u, last));
  let row5 = rowA(min(m + 5u, last));
  let row6 = rowA(min(m + 6u, last));
  let row7 = rowA(min(m + 7u, last));
  var c0 = vec4f();
  var c1 = vec4f();
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
    var index = indexB(tap, 0u, n);
    for (var k = 0u; k < INNER; k += 4u) {
      let column = vec4f(Stored4(b[index], b[index + ROW_B], b[index + 2u * ROW_B], b[index + 3u * ROW_B]));
      index += 4u * ROW_B;
      c0 += column * mat4x4f(loadA(span0, k), loadA(span1, k), loadA(span2, k), loadA(span3, k));
      c1 += column * mat4x4f(loadA(span4, k), loadA(span5, k), loadA(span6, k), loadA(span7, k));
    }
  }
  for (var r = 0u; r < 4u; r += 1u) {
    store(m + r, n, c0[r], workgroup.z);
    store(m + 4u + r, n, c1[r], workgroup.z);
  }
}
