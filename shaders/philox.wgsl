// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
// (SC 2011): the same counter and key give the same four words on every adapter, in any order.

fn multiplyHigh(a: u32, b: u32) -> u32 {
  let aLow = a & 0xffffu;
  let aHigh = a >> 16u;
  let bLow = b & 0xffffu;
  let bHigh = b >> 16u;
  let cross = aHigh * bLow + ((aLow * bLow) >> 16u);
  return aHigh * bHigh + (cross >> 16u) + ((aLow * bHigh + (cross & 0xffffu)) >> 16u);
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round += 1u) {
    c = vec4u(
      multiplyHigh(0xCD9E8D57u, c.z) ^ c.y ^ k.x,
      0xCD9E8D57u * c.z,
      multiplyHigh(0xD2511F53u, c.x) ^ c.w ^ k.y,
      0xD2511F53u * c.x,
    );
    k += vec2u(0x9E3779B9u, 0xBB67AE85u);
  }
  return c;
}
