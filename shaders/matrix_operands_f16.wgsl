// What the matrix units multiply, into f32: f16, matrices of 16 × 16.

alias Operand = f16;
const UNIT = 16u;
