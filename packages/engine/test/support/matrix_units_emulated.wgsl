// What matrix_units says, said with arrays, so that any adapter with subgroups of 4
// to UNIT lanes can run gemm_matrix. A lane holds its share of the rows of a sum; a left or right matrix is where it lies.

struct Left {
  offset: u32,
}

struct Right {
  offset: u32,
}

// Row i of a lane is row lane + i * lanes of the matrix.
struct Sum {
  rows: array<array<f32, UNIT>, UNIT / 4u>,
}

fn lane() -> u32 {
  return subgroupExclusiveAdd(1u);
}

fn lanes() -> u32 {
  return subgroupAdd(1u);
}

// UNIT, but not as a constant: drivers would unroll the loops, and compile for minutes.
fn unit() -> u32 {
  return UNIT * lanes() / lanes();
}

fn loadLeft(offset: u32) -> Left {
  return Left(offset);
}

fn loadRight(offset: u32) -> Right {
  return Right(offset);
}

fn multiplyAccumulate(left: Left, right: Right, sum: Sum) -> Sum {
  let first = left.offset + lane() * STRIDE_A;
  let stride = lanes() * STRIDE_A;
  let size = unit();
  let rows = size / lanes();
  var s = sum;
  for (var i = 0u; i < rows; i += 1u) {
    for (var j = 0u; j < size; j += 1u) {
      var value = s.rows[i][j];
      for (var k = 0u; k < size; k += 1u) {
        value += f32(tileA[first + i * stride + k]) * f32(tileB[right.offset + k * STRIDE_B + j]);
      }
      s.rows[i][j] = value;
    }
  }
  return s;
}

fn storeSum(offset: u32, sum: Sum) {
  let first = offset + lane() * STRIDE_C;
  let stride = lanes() * STRIDE_C;
  let size = unit();
  let rows = size / lanes();
  var s = sum;
  for (var i = 0u; i < rows; i += 1u) {
    for (var j = 0u; j < size; j += 1u) {
      tileC[first + i * stride + j] = s.rows[i][j];
    }
  }
}
