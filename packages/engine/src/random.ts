// Philox4x32-10 on the host, the twin of shaders/philox.wgsl: counter-based, so a value depends on its key and place alone
// and never on what was drawn before. Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

/** The upper word of the product of two 32-bit words, by halves: a large network draws hundreds of millions of these. */
function multiplyHigh(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carried = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (carried >>> 16);
}

/** Four 32-bit words for a counter of four words under a key of two. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    [c0, c1, c2, c3] = [(high1 ^ c1 ^ k0) >>> 0, low1, (high0 ^ c3 ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** FNV-1a hash of a text, to key a stream by its name. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/** A stream of random values fixed by a seed and a name. */
export class RandomStream {
  readonly #key: readonly [number, number];
  readonly #stream: number;
  #block: number[] = [];
  #counter = 0;

  /**
   * @param seed a whole number from 0 to 2^53 - 1
   * @param name streams of different names are independent
   */
  constructor(seed: number, name: string) {
    this.#key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
    this.#stream = hashText(name);
  }

  /** A whole number from 0 to 2^32 - 1. */
  word(): number {
    if (this.#block.length === 0) {
      this.#block = philox([this.#counter++, this.#stream, 0, 1], this.#key);
    }
    return this.#block.pop()!;
  }

  /** A number from 0 (included) to 1 (excluded), 32 bits fine. */
  uniform(): number {
    return this.word() / 2 ** 32;
  }

  /** A standard normal value (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log((this.word() + 1) / 2 ** 32));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** The numbers 0 … n - 1 in random order (Fisher and Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
