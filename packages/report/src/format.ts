// How numbers are written for people: accuracies in per cent, effective robustness in signed percentage points.

/** 0.9123 → "91.2 %" */
export function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`;
}

/** 0.0312 → "+3.1"; a minus sign, not a hyphen; never "−0.0" */
export function points(difference: number): string {
  const text = Math.abs(difference * 100).toFixed(1);
  if (Number(text) === 0) return "0.0";
  return difference > 0 ? `+${text}` : `−${text}`;
}

/** Four significant digits, with an exponent where the number is small. */
export function significant(value: number): string {
  if (value === 0) return "0";
  return Math.abs(value) < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** Whole numbers in groups of three, by a thin no-break space. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}
