// Which points belong to an object of a class: coordinates in [-1, 1] about its centre. Only + - * / and comparisons, so
// that every machine draws the same pixels.

type Inside = (x: number, y: number) => boolean;

const box = (x: number, y: number, halfWidth: number, halfHeight: number) =>
  x <= halfWidth && x >= -halfWidth && y <= halfHeight && y >= -halfHeight;
const disc = (x: number, y: number, radius: number) => x * x + y * y <= radius * radius;
const abs = Math.abs;

/** In the order of PROCEDURAL_CLASSES. */
export const SHAPES: readonly Inside[] = [
  (x, y) => disc(x, y, 0.85),
  (x, y) => disc(x, y, 0.95) && !disc(x, y, 0.55),
  (x, y) => box(x, y, 0.75, 0.75),
  (x, y) => y <= 0.75 && y >= -0.9 && abs(x) <= (y + 0.9) * 0.55,
  (x, y) => box(x, y, 0.28, 0.95) || box(x, y, 0.95, 0.28),
  (x, y) => abs(x) * abs(y) <= 0.07 && disc(x, y, 1),
  (x, y) => disc(x, y, 0.95) && !disc(x - 0.45, y, 0.75),
  (x, y) => box(x - 0.55, y, 0.25, 0.9) || box(x + 0.55, y, 0.25, 0.9),
  (x, y) => box(x, y - 0.45, 0.22, 0.5) || (y <= 0.05 && y >= -0.95 && abs(x) <= (y + 0.95) * 0.8),
  (x, y) => box(x + 0.55, y, 0.3, 0.9) || box(x, y - 0.6, 0.85, 0.3),
  (x, y) => box(x, y, 0.9, 0.9) && !box(x, y, 0.5, 0.5),
  (x, y) => disc(x, y, 0.95) && y >= 0,
  (x, y) => disc(x, y * 2, 0.95),
  (x, y) => box(x, y - 0.1, 0.25, 0.8) || box(x, y + 0.65, 0.9, 0.25),
  (x, y) => disc(x, y, 0.3) || disc(abs(x) - 0.65, y, 0.3) || disc(x, abs(y) - 0.65, 0.3),
  (x, y) => box(x, y, 0.9, 0.9) && abs(y - (abs(x - 0.45) - abs(x + 0.45)) * 0.8) <= 0.35,
  (x, y) => x >= -0.8 && x <= 0.9 && abs(y) <= (x + 0.8) * 0.5,
  (x, y) => disc(abs(x) - 0.6, y, 0.4) || box(x, y, 0.6, 0.15),
  (x, y) => box(x, y, 0.85, 0.85) && !box(x, y + 0.4, 0.4, 0.8),
  (x, y) => box(x, y, 0.9, 0.9) && x >= 0 === y >= 0,
];
