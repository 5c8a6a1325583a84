// Numbers that look random and are the same everywhere.

/** A small linear congruential generator of numbers in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** [n] classes below `classes`. */
export function randomClasses(random: () => number, n: number, classes: number): Uint16Array {
  return Uint16Array.from({ length: n }, () => Math.floor(random() * classes));
}
