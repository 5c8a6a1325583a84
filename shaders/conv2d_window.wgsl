// 3×3 convolution of stride 1, for few channels, by subgroups of 8 lanes: a workgroup makes 4 × 8 pixels of 16 channels, 2 a
// lane, and one input channel after another loads the 6 × 10 pixels that they meet, each once for all nine taps. Joined to window.

alias Channels = vec2f;
alias StoredChannels = Stored2;
const CHANNELS = 2u;
const ROWS = 4u;
const COLUMNS = 8u;
const MET_COLUMNS = COLUMNS + 2u;
const LANES = 8u;

@group(0) @binding(0) var<storage, read> x: array<Stored>;
@group(0) @binding(1) var<storage, read> weight: array<Stored2>;

fn load(place: Place, ci: u32) -> f32 {
  return select(0.0, f32(x[place.offset + ci]), place.inside);
}

fn tap(index: u32, ci: u32, column: u32) -> Channels {
  return Channels(weight[placeOfTap(index, ci, column)]);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let tilesW = (u32(OW) + COLUMNS - 1u) / COLUMNS;
  let tilesH = (u32(OH) + ROWS - 1u) / ROWS;
  let tile = workgroup.x + workgroup.y * DISPATCH_WIDTH;
  let image = i32(tile / (tilesW * tilesH));
  if (image >= i32(IMAGES)) {
    return;
  }
  let top = i32((tile / tilesW) % tilesH * ROWS);
  let left = i32(tile % tilesW * COLUMNS);
  let channel = (workgroup.z * LANES + local.x) * CHANNELS;
  // Lanes past the last channel compute the last ones again, and do not store them.
  let column = min(channel, CO - CHANNELS) / CHANNELS;

  let place0 = placeOf(0u + local.x, image, top, left);
  let place1 = placeOf(8u + local.x, image, top, left);
  let place2 = placeOf(16u + local.x, image, top, left);
  let place3 = placeOf(24u + local.x, image, top, left);
  let place4 = placeOf(32u + local.x, image, top, left);
  let place5 = placeOf(40u + local.x, image, top, left);
  let place6 = placeOf(48u + local.x, image, top, left);
  let place7 = placeOf(56u + local.x, image, top, left);
  var c00 = Channels(); var c01 = Channels(); var c02 = Channels(); var c03 = Channels(); var c04 = Channels(); var c05 = Channels(); var c06 = Channels(); var c07 = Channels();
  var c10 = Channels(); var c11 = Channels(); var c12 = Channels(); var c13 = Channels(); var c14 = Channels(); var c15 = Channels(); var c16 = Channels(); var c17 = Channels();
  var c20 = Channels(); var c21 = Channels(); var c22 = Channels(); var c23 = Channels(); var c24 = Channels(); var c25 = Channels(); var c26 = Channels(); var c27 = Channels();
  var c30 = Channels(); var c31 = Channels(); var c32 = Channels(); var c33 = Channels(); var c34 = Channels(); var c35 = Channels(); var c36 = Channels(); var c37 = Channels();
  for (var ci = 0u; ci < CI; ci++) {
    let x0 = load(place0, ci);
    let x1 = load(place1, ci);
    let x2 = load(place2, ci);
    let x3 = load(place3, ci);
    let x4 = load(place4, ci);
    let x5 = load(place5, ci);
    let x6 = load(place6, ci);
    let x7 = load(place7, ci);
    let taps0 = Row(tap(0u, ci, column), tap(1u, ci, column), tap(2u, ci, column));
    let taps1 = Row(tap(3u, ci, column), tap(4u, ci, column), tap(5u, ci, column));
    let taps2 = Row(tap(6u, ci, column), tap(7u, ci, column), tap(8u, ci, column));
    let p00 = subgroupBroadcast(x0, 0u);
    let p01 = subgroupBroadcast(x0, 1u);
    let p02 = subgroupBroadcast(x0, 2u);
    let p03 = subgroupBroadcast(x0, 3u);
    let p04 = subgroupBroadcast(x0, 4u);
    let p05 = subgroupBroadcast(x0, 5u);
    let p06 = subgroupBroadcast(x0, 6u);
    let p07 = subgroupBroadcast(x0, 7u);
    let p08 = subgroupBroadcast(x1, 0u);
    let p09 = subgroupBroadcast(x1, 1u);
    let p10 = subgroupBroadcast(x1, 2u);
    let p11 = subgroupBroadcast(x1, 3u);
    let p12 = subgroupBroadcast(x1, 4u);
    let p13 = subgroupBroadcast(x1, 5u);
    let p14 = subgroupBroadcast(x1, 6u);
    let p15 = subgroupBroadcast(x1, 7u);
    let p16 = subgroupBroadcast(x2, 0u);
    let p17 = subgroupBroadcast(x2, 1u);
    let p18 = subgroupBroadcast(x2, 2u);
    let p19 = subgroupBroadcast(x2, 3u);
    let p20 = subgroupBroadcast(x2, 4u);
    let p21 = subgroupBroadcast(x2, 5u);
    let p22 = subgroupBroadcast(x2, 6u);
    let p23 = subgroupBroadcast(x2, 7u);
    let p24 = subgroupBroadcast(x3, 0u);
    let p25 = subgroupBroadcast(x3, 1u);
    let p26 = subgroupBroadcast(x3, 2u);
    let p27 = subgroupBroadcast(x3, 3u);
    let p28 = subgroupBroadcast(x3, 4u);
    let p29 = subgroupBroadcast(x3, 5u);
    let p30 = subgroupBroadcast(x3, 6u);
    let p31 = subgroupBroadcast(x3, 7u);
    let p32 = subgroupBroadcast(x4, 0u);
    let p33 = subgroupBroadcast(x4, 1u);
    let p34 = subgroupBroadcast(x4, 2u);
    let p35 = subgroupBroadcast(x4, 3u);
    let p36 = subgroupBroadcast(x4, 4u);
    let p37 = subgroupBroadcast(x4, 5u);
    let p38 = subgroupBroadcast(x4, 6u);
    let p39 = subgroupBroadcast(x4, 7u);
    let p40 = subgroupBroadcast(x5, 0u);
    let p41 = subgroupBroadcast(x5, 1u);
    let p42 = subgroupBroadcast(x5, 2u);
    let p43 = subgroupBroadcast(x5, 3u);
    let p44 = subgroupBroadcast(x5, 4u);
    let p45 = subgroupBroadcast(x5, 5u);
    let p46 = subgroupBroadcast(x5, 6u);
    let p47 = subgroupBroadcast(x5, 7u);
    let p48 = subgroupBroadcast(x6, 0u);
    let p49 = subgroupBroadcast(x6, 1u);
    let p50 = subgroupBroadcast(x6, 2u);
    let p51 = subgroupBroadcast(x6, 3u);
    let p52 = subgroupBroadcast(x6, 4u);
    let p53 = subgroupBroadcast(x6, 5u);
    let p54 = subgroupBroadcast(x6, 6u);
    let p55 = subgroupBroadcast(x6, 7u);
    let p56 = subgroupBroadcast(x7, 0u);
    let p57 = subgroupBroadcast(x7, 1u);
    let p58 = subgroupBroadcast(x7, 2u);
    let p59 = subgroupBroadcast(x7, 3u);
    c00 = row(row(row(c00, p00, p01, p02, taps0), p10, p11, p12, taps1), p20, p21, p22, taps2);
    c01 = row(row(row(c01, p01, p02, p03, taps0), p11, p12, p13, taps1), p21, p22, p23, taps2);
    c02 = row(row(row(c02, p02, p03, p04, taps0), p12, p13, p14, taps1), p22, p23, p24, taps2);
    c03 = row(row(row(c03, p03, p04, p05, taps0), p13, p14, p15, taps1), p23, p24, p25, taps2);
    c04 = row(row(row(c04, p04, p05, p06, taps0), p14, p15, p16, taps1), p24, p25, p26, taps2);
    c05 = row(row(row(c05, p05, p06, p07, taps0), p15, p16, p17, taps1), p25, p26, p27, taps2);
    c06 = row(row(row(c06, p06, p07, p08, taps0), p16, p17, p18, taps1), p26, p27, p28, taps2);
    c07 = row(row(row(c07, p07, p08, p09, taps0), p17, p18, p19, taps1), p27, p28, p29, taps2);
    c10 = row(row(row(c10, p10, p11, p12, taps0), p20, p21, p22, taps1), p30, p31, p32, taps2);
    c11 = row(row(row(c11, p11, p12, p13, taps0), p21, p22, p23, taps1), p31, p32, p33, taps2);
    c12 = row(row(row(c12, p12, p13, p14, taps0), p22, p23, p24, taps1), p32, p33, p34, taps2);
    c13 = row(row(row(c13, p13, p14, p15, taps0), p23, p24, p25, taps1), p33, p34, p35, taps2);
    c14 = row(row(row(c14, p14, p15, p16, taps0), p24, p25, p26, taps1), p34, p35, p36, taps2);
    c15 = row(row(row(c15, p15, p16, p17, taps0), p25, p26, p27, taps1), p35, p36, p37, taps2);
    c16 = row(row(row(c16, p16, p17, p18, taps0), p26, p27, p28, taps1), p36, p37, p38, taps2);
    c17 = row(row(row(c17, p17, p18, p19, taps0), p27, p28, p29, taps1), p37, p38, p39, taps2);
    c20 = row(row(row(c20, p20, p21, p22, taps0), p30, p31, p32, taps1), p40, p41, p42, taps2);
    c21 = row(row(row(c21, p21, p22, p23, taps0), p31, p32, p33, taps1), p41, p42, p43, taps2);
    c22 = row(row(row(c22, p22, p23, p24, taps0), p32, p33, p34, taps1), p42, p43, p44, taps2);
    c23 = row(row(row(c23, p23, p24, p25, taps0), p33, p34, p35, taps1), p43, p44, p45, taps2);
    c24 = row(row(row(c24, p24, p25, p26, taps0), p34, p35, p36, taps1), p44, p45, p46, taps2);
    c25 = row(row(row(c25, p25, p26, p27, taps0), p35, p36, p37, taps1), p45, p46, p47, taps2);
    c26 = row(row(row(c26, p26, p27, p28, taps0), p36, p37, p38, taps1), p46, p47, p48, taps2);
    c27 = row(row(row(c27, p27, p28, p29, taps0), p37, p38, p39, taps1), p47, p48, p49, taps2);
    c30 = row(row(row(c30, p30, p31, p32, taps0), p40, p41, p42, taps1), p50, p51, p52, taps2);
    c31 = row(row(row(c31, p31, p32, p33, taps0), p41, p42, p43, taps1), p51, p52, p53, taps2);
    c32 = row(row(row(c32, p32, p33, p34, taps0), p42, p43, p44, taps1), p52, p53, p54, taps2);
    c33 = row(row(row(c33, p33, p34, p35, taps0), p43, p44, p45, taps1), p53, p54, p55, taps2);
    c34 = row(row(row(c34, p34, p35, p36, taps0), p44, p45, p46, taps1), p54, p55, p56, taps2);
    c35 = row(row(row(c35, p35, p36, p37, taps0), p45, p46, p47, taps1), p55, p56, p57, taps2);
    c36 = row(row(row(c36, p36, p37, p38, taps0), p46, p47, p48, taps1), p56, p57, p58, taps2);
    c37 = row(row(row(c37, p37, p38, p39, taps0), p47, p48, p49, taps1), p57, p58, p59, taps2);
  }
  if (channel >= CO) {
    return;
  }
  store(image, top + 0, left + 0, column, c00);
  store(image, top + 0, left + 1, column, c01);
  store(image, top + 0, left + 2, column, c02);
  store(image, top + 0, left + 3, column, c03);
  store(image, top + 0, left + 4, column, c04);
  store(image, top + 0, left + 5, column, c05);
  store(image, top + 0, left + 6, column, c06);
  store(image, top + 0, left + 7, column, c07);
  store(image, top + 1, left + 0, column, c10);
  store(image, top + 1, left + 1, column, c11);
  store(image, top + 1, left + 2, column, c12);
  store(image, top + 1, left + 3, column, c13);
  store(image, top + 1, left + 4, column, c14);
  store(image, top + 1, left + 5, column, c15);
  store(image, top + 1, left + 6, column, c16);
  store(image, top + 1, left + 7, column, c17);
  store(image, top + 2, left + 0, column, c20);
  store(image, top + 2, left + 1, column, c21);
  store(image, top + 2, left + 2, column, c22);
  store(image, top + 2, left + 3, column, c23);
  store(image, top + 2, left + 4, column, c24);
  store(image, top + 2, left + 5, column, c25);
  store(image, top + 2, left + 6, column, c26);
  store(image, top + 2, left + 7, column, c27);
  store(image, top + 3, left + 0, column, c30);
  store(image, top + 3, left + 1, column, c31);
  store(image, top + 3, left + 2, column, c32);
  store(image, top + 3, left + 3, column, c33);
  store(image, top + 3, left + 4, column, c34);
  store(image, top + 3, left + 5, column, c35);
  store(image, top + 3, left + 6, column, c36);
  store(image, top + 3, left + 7, column, c37);
}
