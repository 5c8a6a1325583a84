// The line of a testbed whose models are drawn again with replacement, many times over. What is made of the lines is in
// bootstrap-robustness.ts and testbed-robustness.ts.

import type { ScaledModels } from "./baseline.js";
import type { Draws } from "./resampling.js";

/** One line, on the testbed's scale. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** Draws models with replacement and fits a line to them. */
export class ResampledLine {
  readonly #points: Pick<ScaledModels, "x" | "y">;
  readonly #random: Draws;
  readonly #meanX: number;
  readonly #meanY: number;
  #degenerate = 0;

  /** @param points of models that do not all have one ID accuracy */
  constructor(points: Pick<ScaledModels, "x" | "y">, random: Draws) {
    this.#points = points;
    this.#random = random;
    this.#meanX = points.x.reduce((sum, value) => sum + value, 0) / points.x.length;
    this.#meanY = points.y.reduce((sum, value) => sum + value, 0) / points.y.length;
  }

  /** How many draws had fewer than 2 distinct ID accuracies, which make no line, and were drawn again. */
  get degenerate(): number {
    return this.#degenerate;
  }

  /** The least-squares line of the next draw. */
  next(): Line {
    const { x, y } = this.#points;
    const n = x.length;
    // About the means of all models, so that the sums of squares keep their digits.
    const [cx, cy] = [this.#meanX, this.#meanY];
    for (;;) {
      let [sx, sy, sxx, sxy] = [0, 0, 0, 0];
      let first = Number.NaN;
      let distinct = false;
      for (let i = 0; i < n; i++) {
        const at = this.#random.below(n);
        const dx = x[at]! - cx;
        const dy = y[at]! - cy;
        if (i === 0) first = dx;
        else if (dx !== first) distinct = true;
        sx += dx;
        sy += dy;
        sxx += dx * dx;
        sxy += dx * dy;
      }
      if (distinct) {
        const slope = (sxy - (sx * sy) / n) / (sxx - (sx * sx) / n);
        return { slope, intercept: cy + sy / n - slope * (cx + sx / n) };
      }
      this.#degenerate++;
    }
  }
}
