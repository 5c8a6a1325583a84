// f16 (IEEE 754 binary16) on the host, which has no such type before Node 24: bits from and to f32.

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** Exponent bits of f32, which alone mark infinities and NaN. */
const NOT_FINITE = 0x7f800000;
/** 2^16 as f32's bits: what is as large as that is past f16's largest value whatever the rounding. */
const TOO_LARGE = 0x47800000;
/** 2^-14 as f32's bits: f16's smallest normal value. */
const SMALLEST_NORMAL = 0x38800000;

/**
 * The f16 nearest to each value, of two as near the one with an even last bit; infinity from 65,520 on.
 *
 * @returns bits
 */
export function toHalf(values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, halfBits);
}

/** The values of f16 bits, which f32 holds exactly. */
export function fromHalf(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) {
      return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    }
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
}

function halfBits(value: number): number {
  single[0] = value;
  const bits = singleBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > NOT_FINITE) {
    return sign | 0x7e00;
  }
  if (magnitude >= TOO_LARGE) {
    return sign | 0x7c00;
  }
  if (magnitude < SMALLEST_NORMAL) {
    return sign | nearestEven(Math.abs(single[0]!) * 2 ** 24);
  }
  // The exponents' biases differ by 112, the fractions' lengths by 13. A fraction that rounds up to its end carries into the
  // exponent, and from the largest value into infinity, as it must.
  return sign | nearestEven((magnitude - 112 * 2 ** 23) / 2 ** 13);
}

function nearestEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
