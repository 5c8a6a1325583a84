// GEMM core for any adapter: C[M,N] = A[M,K] * B[K,N], 8 rows and 2 columns a thread, straight from storage, no barrier.
// Lanes run along columns, so B is read in whole lines. Joined to an operand file like its subgroup siblings.

override LANES: u32 = 32u;
override COLUMN_BLOCKS: u32 = 1u;
override DISPATCH_WIDTH: u32 = 65535u;
override K_PER_SLICE: u32 = 1u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let m = (tile / COLUMN_BLOCKS) * 8u;
  let n = (tile % COLUMN_BLOCKS) * LANES * 2u + local.x;
  if (m >= M || n >= N) {
    return;
  }
  let kBegin = workgroup.z * K_PER_SLICE;
  let kEnd = min(K, kBegin + K_PER_SLICE);
  let rows0 = rowsA(m);
  let rows1 = rowsA(m + 4u);
  let column0 = columnB(n);
  let column1 = columnB(min(n + LANES, N - 1u));
  var c00 = vec4f();
  var c01 = vec4f();
  var c10 = vec4f();
  var c11 = vec4f();
  for (var k = kBegin; k < kEnd; k += 1u) {
    let col = colA(k);
    let row = offsetB(k);
    let b0 = vec4f(loadB(row, column0));
    let b1 = vec4f(loadB(row, column1));
    let a0 = loadA(rows0, col);
    let a1 = loadA(rows1, col);
    c00 = fma(a0, b0, c00);
    c01 = fma(a0, b1, c01);
    c10 = fma(a1, b0, c10);
    c11 = fma(a1, b1, c11);
  }
  for (var r = 0u; r < 4u; r += 1u) {
    if (m + r < M) {
      store(m + r, n, c00[r], workgroup.z);
      if (n + LANES < N) {
        store(m + r, n + LANES, c01[r], workgroup.z);
      }
    }
    if (m + 4u + r < M) {
      store(m + 4u + r, n, c10[r], workgroup.z);
      if (n + LANES < N) {
        store(m + 4u + r, n + LANES, c11[r], workgroup.z);
      }
    }
  }
}
