// What the cores with tiles in workgroup memory share: SIDE × SIDE invocations make a tile of C, TILE × TILE, from tiles of A
// and B that are DEPTH deep. The taps follow one another along the depth, in blocks of four, so that few channels leave no
// gaps. DEPTH is such that each invocation loads a block of 4 rows × 4 of A and four vectors of B.

override SIDE: u32;
override DEPTH: u32;
override TILE: u32 = SIDE * 4u * ROW_BLOCKS;
override TILE_BLOCKS: u32 = TILE / 4u;
override DEPTH_BLOCKS: u32 = DEPTH / 4u;
override TAP_BLOCKS: u32 = (INNER + 3u) / 4u;

// Both [depth, blocks of 4]: rows of A, columns of B.
var<workgroup> tileA: array<vec4f, DEPTH * TILE_BLOCKS>;
var<workgroup> tileB: array<vec4f, DEPTH * TILE_BLOCKS>;

// Loads the tiles that begin at block `first` of the depth; blocks from `end` on are zeros.
fn loadTiles(first: u32, end: u32, m: u32, n: u32, thread: u32) {
  // Neighbouring invocations read neighbouring places of A.
  let k = select(thread % DEPTH_BLOCKS, thread / TILE_BLOCKS, ROWS_ARE_NEIGHBOURS);
  let row = select(thread / DEPTH_BLOCKS, thread % TILE_BLOCKS, ROWS_ARE_NEIGHBOURS);
  let block = first + k;
  var a = mat4x4f();
  if (block < end) {
    let tap = block / TAP_BLOCKS;
    let inner = (block % TAP_BLOCKS) * 4u;
    let m0 = m + row * 4u;
    a = transpose(mat4x4f(
      loadA(spanA(rowA(min(m0, M - 1u)), tap), inner),
      loadA(spanA(rowA(min(m0 + 1u, M - 1u)), tap), inner),
      loadA(spanA(rowA(min(m0 + 2u, M - 1u)), tap), inner),
      loadA(spanA(rowA(min(m0 + 3u, M - 1u)), tap), inner),
    ));
  }
  for (var i = 0u; i < 4u; i += 1u) {
    tileA[(k * 4u + i) * TILE_BLOCKS + row] = a[i];
  }
  for (var i = 0u; i < 4u; i += 1u) {
    let place = thread + i * SIDE * SIDE;
    let depth = place / TILE_BLOCKS;
    let blockB = first + depth / 4u;
    let inner = blockB % TAP_BLOCKS * 4u + depth % 4u;
    let column = min(n + place % TILE_BLOCKS * 4u, N - 4u);
    tileB[place] = select(vec4f(), loadB(indexB(blockB / TAP_BLOCKS, inner, column)), blockB < end);
  }
}
