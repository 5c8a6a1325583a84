// The twin of hash_fill in golden/resnet20_trajectory.py: weights and images that both sides build, so that none are kept.

/** Values in [-1, 1) from a 32-bit integer hash of the name and the index. */
export function hashFill(name: string, count: number): Float64Array {
  let seed = 0x811c9dc5;
  for (const character of name) {
    seed = Math.imul(seed ^ character.charCodeAt(0), 0x01000193) >>> 0;
  }
  return Float64Array.from({ length: count }, (_, i) => {
    let h = (Math.imul(i, 0x9e3779b9) + seed) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}
