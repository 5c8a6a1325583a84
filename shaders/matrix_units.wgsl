// All that gemm_matrix says to matrix units, which multiply UNIT × UNIT of Operand into f32; joined to it and to the file of its operands.
// Row-major matrices in workgroup memory, offsets and strides in elements; each call is one of the whole subgroup.

alias Left = subgroup_matrix_left<Operand, UNIT, UNIT>;
alias Right = subgroup_matrix_right<Operand, UNIT, UNIT>;
alias Sum = subgroup_matrix_result<f32, UNIT, UNIT>;

fn loadLeft(offset: u32) -> Left {
  return subgroupMatrixLoad<Left, row_major>(&tileA, offset, STRIDE_A);
}

fn loadRight(offset: u32) -> Right {
  return subgroupMatrixLoad<Right, row_major>(&tileB, offset, STRIDE_B);
}

fn multiplyAccumulate(left: Left, right: Right, sum: Sum) -> Sum {
  return subgroupMatrixMultiplyAccumulate(left, right, sum);
}

fn storeSum(offset: u32, sum: Sum) {
  subgroupMatrixStore<row_major>(&tileC, offset, sum, STRIDE_C);
}
