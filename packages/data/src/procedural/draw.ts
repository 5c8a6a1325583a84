// Draws one image of the embedded benchmark: a tinted background with clutter, an object turned, scaled and shifted, perhaps
// striped and partly hidden, then noise. Four samples a pixel.
import type { Domain } from "./domains.js";
import { SHAPES } from "./shapes.js";

/** A stream of uniform numbers from 32-bit integer hashing (the finaliser of MurmurHash3 over a Weyl sequence). */
function uniformStream(key: readonly number[]): () => number {
  const mix = (value: number) => {
    let h = value | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
  };
  let state = key.reduce((hash, part) => mix(hash ^ mix(part + 0x9e3779b9)), 0x2545f491);
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
}

/** Tints that tell a class where the domain's cue is on: ten colours, well apart. */
const TINTS: readonly (readonly [number, number, number])[] = [
  [0.9, 0.3, 0.3],
  [0.3, 0.9, 0.3],
  [0.3, 0.3, 0.9],
  [0.9, 0.9, 0.3],
  [0.9, 0.3, 0.9],
  [0.3, 0.9, 0.9],
  [0.9, 0.6, 0.2],
  [0.5, 0.3, 0.9],
  [0.4, 0.7, 0.5],
  [0.6, 0.6, 0.6],
];

/**
 * @param pixels [size, size, 3], written
 * @param key fixes the image
 */
export function drawImage(
  pixels: Uint8Array,
  size: number,
  label: number,
  domain: Domain,
  key: readonly number[],
): void {
  const uniform = uniformStream(key);
  const between = ([low, high]: readonly [number, number]) => low + (high - low) * uniform();
  const around = (reach: number) => reach * (2 * uniform() - 1);

  const t = around(domain.turn);
  const cosine = (1 - t * t) / (1 + t * t);
  const sine = (2 * t) / (1 + t * t);
  const scale = between(domain.scale);
  const [centreX, centreY] = [around(domain.shift), around(domain.shift)];
  const cued = uniform() < domain.cue;
  const tint = TINTS[cued ? label % TINTS.length : Math.floor(uniform() * TINTS.length)]!;
  const contrast = between(domain.contrast);
  const bright = uniform() < 0.5;
  const level = 0.15 + 0.3 * uniform();
  const back = tint.map((channel) => (bright ? level : level + 0.4) * (0.5 + 0.5 * channel));
  const sign = bright ? 1 : -1;
  const front = back.map((channel) => channel + sign * contrast * (0.7 + 0.3 * uniform()));
  const [slopeX, slopeY] = [around(0.15), around(0.15)];
  const striped = uniform() < domain.stripes;
  const stripeWidth = 0.25 + 0.25 * uniform();
  const hidden = domain.occlusion * uniform();
  const hiddenAt = around(0.8);
  const blobs = Array.from({ length: Math.floor(uniform() * (domain.clutter + 1)) }, () => {
    const [x, y, radius] = [around(1), around(1), 0.1 + 0.2 * uniform()];
    return { x, y, radius, shade: around(0.35) };
  });
  const inside = SHAPES[label]!;

  const sample = (x: number, y: number, channel: number, object: boolean, stripe: boolean): number => {
    let value = (object ? front : back)[channel]! + slopeX * x + slopeY * y;
    if (object && stripe) {
      value -= sign * contrast * 0.4;
    }
    if (!object) {
      for (const blob of blobs) {
        if ((x - blob.x) * (x - blob.x) + (y - blob.y) * (y - blob.y) < blob.radius * blob.radius) {
          value += blob.shade;
        }
      }
    }
    return value;
  };

  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const sums = [0, 0, 0];
      for (let quarter = 0; quarter < 4; quarter++) {
        const x = (2 * (column + 0.25 + 0.5 * (quarter % 2))) / size - 1;
        const y = (2 * (row + 0.25 + 0.5 * (quarter >> 1))) / size - 1;
        const [dx, dy] = [(x - centreX) / scale, (y - centreY) / scale];
        const [u, v] = [cosine * dx + sine * dy, cosine * dy - sine * dx];
        const object = inside(u, v) && Math.abs(x - hiddenAt) >= hidden;
        const stripe = striped && Math.floor((u + 4) / stripeWidth) % 2 === 0;
        for (let channel = 0; channel < 3; channel++) {
          sums[channel]! += sample(x, y, channel, object, stripe);
        }
      }
      for (let channel = 0; channel < 3; channel++) {
        const value = sums[channel]! / 4 + around(domain.noise);
        pixels[(row * size + column) * 3 + channel] = Math.floor(Math.min(Math.max(value, 0), 1) * 255.999);
      }
    }
  }
}
