// GEMM core for adapters with matrix units: tiles of A and B in workgroup memory, in the operands' type; of the workgroup's
// tile of C, 64 × 64, each of four subgroups multiplies a quarter. A unit multiplies matrices of UNIT × UNIT.
// Joined to gemm_columns, matrix_operands_f32 or matrix_operands_f16, matrix_units, and the files that read A (see ARCHITECTURE.md).

alias Columns = vec4f;
alias StoredColumns = Stored4;
alias ResultColumns = Result4;
const COLUMNS = 4u;

const TILE = 64u;
const QUARTER = TILE / 2u;
const SIDE = QUARTER / UNIT; // matrices along a side of a quarter
const DEPTH = 2u * UNIT;
const DEPTH_BLOCKS = DEPTH / 4u;
// Half a matrix longer than a row, so that the rows of one begin in different banks of the memory.
const STRIDE_A = DEPTH + UNIT / 2u;
const STRIDE_B = TILE + UNIT / 2u;
const STRIDE_C = 16u; // columns of a quarter that are stored at once

// Four times as many as a subgroup may have lanes. Where it has fewer, there are more subgroups than quarters: the others only
// load and store.
override INVOCATIONS: u32;
override TAP_BLOCKS: u32 = (INNER + 3u) / 4u;

var<workgroup> tileA: array<Operand, TILE * STRIDE_A>; // [rows, depth]
var<workgroup> tileB: array<Operand, DEPTH * STRIDE_B>; // [depth, columns]
var<workgroup> tileC: array<f32, 4u * UNIT * STRIDE_C>; // [quarters, UNIT rows, columns]

@compute @workgroup_size(INVOCATIONS)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_id) subgroup: u32,
) {
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let m = (tile / COLUMN_BLOCKS) * TILE;
  let n = (tile % COLUMN_BLOCKS) * TILE;
  let top = subgroup / 2u * QUARTER;
  let left = subgroup % 2u * QUARTER;
  var sums: array<array<Sum, SIDE>, SIDE>;
  let end = min(TAPS, (workgroup.z + 1u) * TAPS_PER_SLICE) * TAP_BLOCKS;
  for (var block = workgroup.z * TAPS_PER_SLICE * TAP_BLOCKS; block < end; block += DEPTH_BLOCKS) {
    loadTileA(block, end, m, thread);
    loadTileB(block, end, n, thread);
    workgroupBarrier();
    if (subgroup < 4u) {
      for (var k = 0u; k < DEPTH; k += UNIT) {
        var rights: array<Right, SIDE>;
        for (var j = 0u; j < SIDE; j += 1u) {
          rights[j] = loadRight(k * STRIDE_B + left + j * UNIT);
        }
        for (var i = 0u; i < SIDE; i += 1u) {
          let rows = loadLeft((top + i * UNIT) * STRIDE_A + k);
          for (var j = 0u; j < SIDE; j += 1u) {
            sums[i][j] = multiplyAccumulate(rows, rights[j], sums[i][j]);
          }
        }
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < SIDE; i += 1u) {
    for (var first = 0u; first < SIDE; first += STRIDE_C / UNIT) {
      if (subgroup < 4u) {
        for (var j = 0u; j < STRIDE_C / UNIT; j += 1u) {
          storeSum(subgroup * UNIT * STRIDE_C + j * UNIT, sums[i][first + j]);
        }
      }
      workgroupBarrier();
      storeTileC(m + i * UNIT, n + first * UNIT, thread, workgroup.z);
      workgroupBarrier();
    }
  }
}

// Loads the rows of A from block `first` of the depth on; blocks from `end` on are zeros.
fn loadTileA(first: u32, end: u32, m: u32, thread: u32) {
  for (var place = thread; place < TILE * DEPTH_BLOCKS; place += INVOCATIONS) {
    // Neighbouring invocations read neighbouring places of A.
    let k = select(place % DEPTH_BLOCKS, place / TILE, ROWS_ARE_NEIGHBOURS);
    let row = select(place / DEPTH_BLOCKS, place % TILE, ROWS_ARE_NEIGHBOURS);
    let block = first + k;
    var values = vec4f();
    if (block < end) {
      values = loadA(spanA(rowA(min(m + row, M - 1u)), block / TAP_BLOCKS), block % TAP_BLOCKS * 4u);
    }
    let index = row * STRIDE_A + k * 4u;
    for (var i = 0u; i < 4u; i += 1u) {
      tileA[index + i] = Operand(values[i]);
    }
  }
}

fn loadTileB(first: u32, end: u32, n: u32, thread: u32) {
  for (var place = thread; place < DEPTH * TILE / 4u; place += INVOCATIONS) {
    let depth = place / (TILE / 4u);
    let column = place % (TILE / 4u) * 4u;
    let block = first + depth / 4u;
    var values = Stored4();
    if (block < end) {
      let inner = block % TAP_BLOCKS * 4u + depth % 4u;
      values = b[indexB(block / TAP_BLOCKS, inner, min(n + column, N - 4u))];
    }
    let index = depth * STRIDE_B + column;
    for (var i = 0u; i < 4u; i += 1u) {
      tileB[index + i] = values[i];
    }
  }
}

// Stores tileC, whose first quarter's first value is that of row m and column n.
fn storeTileC(m: u32, n: u32, thread: u32, slice: u32) {
  for (var place = thread; place < UNIT * STRIDE_C; place += INVOCATIONS) {
    let quarter = place / (UNIT * STRIDE_C / 4u);
    let row = m + quarter / 2u * QUARTER + place / (STRIDE_C / 4u) % UNIT;
    let column = n + quarter % 2u * QUARTER + place % (STRIDE_C / 4u) * 4u;
    if (column < N) {
      let index = place * 4u;
      store(row, column, vec4f(tileC[index], tileC[index + 1u], tileC[index + 2u], tileC[index + 3u]), slice);
    }
  }
}
