// What the matrix units multiply: f32, matrices of 8 × 8.

alias Operand = f32;
const UNIT = 8u;
