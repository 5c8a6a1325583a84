// GEMM core for adapters whose subgroup size is fixed at 8 or more lanes: C[M,N] = A[M,K] * B[K,N], one subgroup a workgroup.
// Lanes run along columns (2 each); a chunk of 8 columns of A is loaded once by the subgroup, a lane a column, and spread
// by subgroupBroadcast to all. There is no barrier, so software adapters need no coroutine.
// Joined to an operand file that declares rowsA, colA, loadA, offsetB, columnB, loadB and store (see ARCHITECTURE.md).

override LANES: u32 = 8u;
override COLUMN_BLOCKS: u32 = 1u;
override DISPATCH_WIDTH: u32 = 65535u;
override K_PER_SLICE: u32 = 1u;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let m = (tile / COLUMN_BLOCKS) * 12u;
  if (m >= M) {
    return;
  }
  let n = (tile % COLUMN_BLOCKS) * LANES * 2u + local.x;
  var k = workgroup.z * K_PER_SLICE;
  let kEnd = min(K, k + K_PER_SLICE);
  let rows0 = rowsA(m + 0u);
  let rows1 = rowsA(m + 4u);
  let rows2 = rowsA(m + 8u);
  let column0 = columnB(min(n + 0u * LANES, N - 1u));
  let column1 = columnB(min(n + 1u * LANES, N - 1u));
  var c00 = vec4f(); var c01 = vec4f();
  var c10 = vec4f(); var c11 = vec4f();
  var c20 = vec4f(); var c21 = vec4f();
  for (; k + 8u <= kEnd; k += 8u) {
    let col = colA(k + (local.x & 7u));
    let a0 = loadA(rows0, col);
    let a1 = loadA(rows1, col);
    let a2 = loadA(rows2, col);
    {
      let row = offsetB(k + 0u);
      let b0 = vec4f(loadB(row, column0));
      let b1 = vec4f(loadB(row, column1));
      let s0 = subgroupBroadcast(a0, 0u);
      c00 = fma(s0, b0, c00); c01 = fma(s0, b1, c01);
      let s1 = subgroupBroadcast(a1, 0u);
      c10 = fma(s1, b0, c10); c11 = fma(s1, b1, c11);
      let s2 = subgroupBroadcast(a2, 0u);
      c20 = fma(s2, b0, c20); c21 = fma(s2, b1, c21);
    }
    {
      let row = offsetB(k + 1u);
      let b0 = vec4f(loadB(row, column0));
      let b1 = vec4f(loadB(row, column1));
      let s0 = subgroupBroadcast(a0, 1u);
      c00 = fma(s0, b0, c00); c01 = fma(s0, b1, c01);
      let s1 = subgroupBroadcast(a1, 1u);
      c10 = fma(s1, b0, c10); c11 = fma(s1, b1, c11);
      let s2 = subgroupBroadcast(a2, 1u);
      c20 = fma(s2, b0, c20); c21 = fma(s2, b1, c21);
    }
    {
      let row = offsetB(k + 2u);
      let b0 = vec4f(loadB(row, column0));
      let b1 = vec4f(loadB(row, column1));
      let s0 = subgroupBroadcast(a0, 2u);
      c00 = fma(s0, b0, c00); c01 = fma(s0, b1, c01);
      let s1 = subgroupBroadcast(a1, 2u);
      c10 = fma(s1, b0, c10); c11 = fma(s1, b1, c11);
      let s2 = subgroupBroadcast(a2, 2u);
      c20 = fma(s2, b0, c20); c21 = fma(s2, b1, c21);
    }
    {
      let row = offsetB(k + 3u);
      let b0 = vec4f(loadB(row, column0));
      let b1 = vec4f(loadB(row, column1));
      let s0 = subgroupBroadcast(a0, 3u);
      c00 = fma(s0, b0, c00); c01 = fma(s0, b1, c01);
      let s1 = subgroupBroadcast(a1, 3u);
      c10 = fma(s1, b0, c10); c11 = fma(s1, b1, c11);
      let s2 = subgroupBroadcast(a2, 3u);
      c20 = fma(s2, b0, c20); c21 = fma(s2, b1, c21);
    }
    {
      let row = offsetB(k + 4u);
      let b0 = vec4f(loadB(row, column0));
      let b1 = vec4f(loadB(row, column1));
      let s0 = subgroupBroadcast(a0, 4u);
      c00 = fma(s0, b0, c00); c01 = fma(s0, b1, c01);
      let s1 = subgroupBroadcast(a1, 4u);
      c10 = fma(s1, b0, c10); c11 = fma(s1, b1, c11);
      let s2 = subgroupBroadcast(a2, 4u);
      c20 = fma(s2, b0, c20); c21 = fma(s2, b1, c21);
    }
    {
      let row = offsetB(k + 5u);
      let b0 = vec4f(loadB(row, column0));
      let b1 = vec4f(loadB(row, column1));
      let s0 = subgroupBroadcast(a0, 5u);
      c00 = fma(s0, b0, c00); c01 = fma(s0, b1, c01);
      let s1 = subgroupBroadcast(a1, 5u);
      c10 = fma(s1, b0, c10); c11 = fma(s1, b1, c11);
      let s2 = subgroupBroadcast(a2, 5u);
      c20 = fma(s2, b0, c20); c21 = fma(s2, b1, c21);
    }
    {
      let row = offsetB(k + 6u);
      let b0 = vec4f(loadB(row, column0));
      let b1 = vec4f(loadB(row, column1));
      let s0 = subgroupBroadcast(a0, 6u);
      c00 = fma(s0, b0, c00); c01 = fma(s0, b1, c01);
      let s1 = subgroupBroadcast(a1, 6u);
      c10 = fma(s1, b0, c10); c11 = fma(s1, b1, c11);
      let s2 = subgroupBroadcast(a2, 6u);
      c20 = fma(s2, b0, c20); c21 = fma(s2, b1, c21);
    }
    {
      let row = offsetB(k + 7u);
      let b0 = vec4f(loadB(row, column0));
      let b1 = vec4f(loadB(row, column1));
      let s0 = subgroupBroadcast(a0, 7u);
      c00 = fma(s0, b0, c00); c01 = fma(s0, b1, c01);
      let s1 = subgroupBroadcast(a1, 7u);
      c10 = fma(s1, b0, c10); c11 = fma(s1, b1, c11);
      let s2 = subgroupBroadcast(a2, 7u);
      c20 = fma(s2, b0, c20); c21 = fma(s2, b1, c21);
    }
  }
  for (; k < kEnd; k += 1u) {
    let col = colA(k);
    let row = offsetB(k);
    let b0 = vec4f(loadB(row, column0));
    let b1 = vec4f(loadB(row, column1));
    let a0 = loadA(rows0, col);
    c00 = fma(a0, b0, c00); c01 = fma(a0, b1, c01);
    let a1 = loadA(rows1, col);
    c10 = fma(a1, b0, c10); c11 = fma(a1, b1, c11);
    let a2 = loadA(rows2, col);
    c20 = fma(a2, b0, c20); c21 = fma(a2, b1, c21);
  }
  if (n + 0u * LANES < N) {
    storeRows(m + 0u, n + 0u * LANES, c00, workgroup.z);
    storeRows(m + 4u, n + 0u * LANES, c10, workgroup.z);
    storeRows(m + 8u, n + 0u * LANES, c20, workgroup.z);
  }
  if (n + 1u * LANES < N) {
    storeRows(m + 0u, n + 1u * LANES, c01, workgroup.z);
    storeRows(m + 4u, n + 1u * LANES, c11, workgroup.z);
    storeRows(m + 8u, n + 1u * LANES, c21, workgroup.z);
  }
}

fn storeRows(m: u32, n: u32, c: vec4f, slice: u32) {
  if (m + 0u < M) {
    store(m + 0u, n, c[0], slice);
  }
  if (m + 1u < M) {
    store(m + 1u, n, c[1], slice);
  }
  if (m + 2u < M) {
    store(m + 2u, n, c[2], slice);
  }
  if (m + 3u < M) {
    store(m + 3u, n, c[3], slice);
  }
}
