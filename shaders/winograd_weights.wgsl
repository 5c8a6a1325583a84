// Weights of a 3×3 convolution for F(4×4, 3×3): U = G w Gᵀ, 36 matrices of [ROWS, COLUMNS]; ops/winograd.ts says whence G.
// ROTATED turns them by 180° and exchanges their channels: the convolution of the input gradient. An invocation a pair of
// channels.

override ROWS: u32;
override COLUMNS: u32;
override ROTATED: bool = false;

@group(0) @binding(0) var<storage, read> w: array<Stored>; // [3, 3, ROWS, COLUMNS], or with ROTATED [3, 3, COLUMNS, ROWS]
@group(0) @binding(1) var<storage, read_write> u: array<f32>;

fn weight(i: u32, tap: u32) -> f32 {
  if (ROTATED) {
    return f32(w[(8u - tap) * ROWS * COLUMNS + (i % COLUMNS) * ROWS + i / COLUMNS]);
  }
  return f32(w[tap * ROWS * COLUMNS + i]);
}

const ROOT = 1.4142135623730951;

// G times a column of three.
fn spread(a: f32, b: f32, c: f32) -> array<f32, 6> {
  let near = (2.0 * a + c) / -3.0;
  let nearOdd = b * (ROOT / -3.0);
  let far = a / 6.0 + c / 3.0;
  let farOdd = b * (ROOT / 6.0);
  return array<f32, 6>(a, near + nearOdd, near - nearOdd, far + farOdd, far - farOdd, c);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.x + id.y * groups.x * 64u;
  if (i >= ROWS * COLUMNS) {
    return;
  }
  let left = spread(weight(i, 0u), weight(i, 3u), weight(i, 6u));
  let middle = spread(weight(i, 1u), weight(i, 4u), weight(i, 7u));
  let right = spread(weight(i, 2u), weight(i, 5u), weight(i, 8u));
  for (var row = 0u; row < 6u; row += 1u) {
    let values = spread(left[row], middle[row], right[row]);
    for (var column = 0u; column < 6u; column += 1u) {
      u[(row * 6u + column) * ROWS * COLUMNS + i] = values[column];
    }
  }
}
