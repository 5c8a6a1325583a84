// How far ER depends on which models the line is fitted to: the ER of one model against lines of a few ordinary models, drawn at
// random out of all. For docs/effective-robustness.md; node docs/few-models.mjs, after a build.
import {
  describeNamedTestbed,
  effectiveRobustness,
  fitBaseline,
  namedTestbed,
  selectModels,
} from "../packages/metrics/dist/index.js";
import { draws, sampleVariance, sortedQuantile } from "../packages/metrics/dist/resampling.js";

const TESTBED = "objectnet";
const MODEL = "vit_b_32_clip_zeroshot";
const REPEATS = 2000;

const all = namedTestbed(TESTBED);
const { id, ood } = all.find(({ model }) => model === MODEL);
const { models } = selectModels(all, "standard", describeNamedTestbed(TESTBED));
const whole = effectiveRobustness(fitBaseline(models), id, ood);
const points = (fraction) => (100 * fraction).toFixed(2).padStart(7);

/** `count` of the models, each at most once (Fisher and Yates). */
function subset(random, count) {
  const left = [...models];
  for (let i = 0; i < count; i++) {
    const at = i + random.below(left.length - i);
    [left[i], left[at]] = [left[at], left[i]];
  }
  return left.slice(0, count);
}

console.log(
  `${MODEL} on ${TESTBED}: ER ${points(whole.er).trim()} points against all ${models.length} standard models`,
);
console.log(`against ${REPEATS} random choices of so many of them, in points:`);
console.log("models  SD of ER   lowest 2.5 %  highest 2.5 %  mean half-width of the interval");
const random = draws(0);
for (const count of [3, 5, 10, 20, 40]) {
  const ers = new Float64Array(REPEATS);
  let half = 0;
  for (let i = 0; i < REPEATS; i++) {
    const { er, low, high } = effectiveRobustness(fitBaseline(subset(random, count)), id, ood);
    ers[i] = er;
    half += (high - low) / 2 / REPEATS;
  }
  const deviation = Math.sqrt(sampleVariance(ers));
  ers.sort();
  const cells = [deviation, sortedQuantile(ers, 0.025), sortedQuantile(ers, 0.975), half].map(points);
  console.log(`${String(count).padStart(6)}  ${cells.join("        ")}`);
}
