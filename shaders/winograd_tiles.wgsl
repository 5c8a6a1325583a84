// What the transforms into F(4×4, 3×3) share: six values of four channels, and how 36 of them are stored: as 36 matrices of
// [TILES, C], the tile's place in each by its row and column.

override TILES_H: u32;
override TILES_W: u32;
override TILES: u32; // N * TILES_H * TILES_W
override GROUPS: u32; // C / 4

@group(0) @binding(1) var<storage, read_write> matrices: array<vec4f>;

const ROOT = 1.4142135623730951;

struct Six {
  a: vec4f,
  b: vec4f,
  c: vec4f,
  d: vec4f,
  e: vec4f,
  f: vec4f,
}

fn store(i: u32, column: u32, t: Six) {
  let row = 6u * TILES * GROUPS;
  let at = column * TILES * GROUPS + i;
  matrices[at] = t.a;
  matrices[at + row] = t.b;
  matrices[at + 2u * row] = t.c;
  matrices[at + 3u * row] = t.d;
  matrices[at + 4u * row] = t.e;
  matrices[at + 5u * row] = t.f;
}
