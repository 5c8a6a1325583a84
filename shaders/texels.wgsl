// How a tensor lies in a texture: its neighbours along a row of so many texels, and on along the next; see plan/texels.ts.

const TEXELS_IN_ROW = 4096u;

fn texelAt(i: u32) -> vec2u {
  return vec2u(i % TEXELS_IN_ROW, i / TEXELS_IN_ROW);
}
