// One table of our results and PyTorch's: node join.mjs er.json torch.json. Either may lack cases, and torch.json be absent.
import { existsSync, readFileSync } from "node:fs";

const [ours, theirs] = process.argv
  .slice(2)
  .map((file) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined));
/** The f32 rate that NVIDIA gives for an H100 SXM, GFLOP/s: what the project's goal for a product is a share of. */
const H100_GFLOPS = 67_000;

const lines = [`${ours.adapter}: ${ours.driver}; commit ${ours.commit}`];
if (theirs !== undefined) {
  const { torch, cuda, cudnn } = theirs.versions;
  lines.push(`PyTorch ${torch}${cuda === null ? "" : `, CUDA ${cuda}, cuDNN ${cudnn}`} on ${theirs.device}`);
}
lines.push("", row("case", "precision", "ours", "PyTorch", "ours / PyTorch"));
for (const { shape, precision, one, other } of pairs()) {
  lines.push(row(shape, precision, speed(one), speed(other), ratio(one, other)));
}
for (const { case: name, shape, precision, gflops, share_of_fma_peak } of ours.results) {
  if (name === "gpu_matmul" && precision === undefined) {
    const measured = `${percent(share_of_fma_peak)} of the multiply-adds measured here`;
    lines.push(
      "",
      `${shape}: ${percent(gflops / H100_GFLOPS)} of an H100's ${H100_GFLOPS / 1000} TFLOP/s, ${measured}`,
    );
  }
}
for (const { shape, js_ms, median_ms } of ours.results) {
  if (js_ms !== null) {
    lines.push(
      `${shape}: JavaScript ${js_ms.toFixed(2)} ms of ${median_ms.toFixed(2)} ms a step, ${percent(js_ms / median_ms)}`,
    );
  }
}
console.log(lines.join("\n"));

/** What either has: first by shape, then by precision. Ours says its precision where it has another than f32. */
function pairs() {
  const shapes = new Map();
  const add = (side, results) => {
    for (const result of results) {
      const shape = `${result.case.replace("gpu_", "")} ${result.shape}`;
      const precision = result.precision ?? "f32";
      const ofShape = shapes.get(shape) ?? new Map();
      shapes.set(shape, ofShape.set(precision, { ...ofShape.get(precision), [side]: result }));
    }
  };
  add("one", ours.results);
  add("other", theirs?.results ?? []);
  return [...shapes].flatMap(([shape, ofShape]) =>
    [...ofShape].map(([precision, pair]) => ({ shape, precision, ...pair })),
  );
}

function speed(result) {
  if (result === undefined) {
    return "–";
  }
  const { images_per_s, gflops } = result;
  if (images_per_s !== null) {
    return `${images_per_s.toFixed(0)} images/s`;
  }
  return gflops < 1000 ? `${gflops.toFixed(1)} GFLOP/s` : `${(gflops / 1000).toFixed(2)} TFLOP/s`;
}

function ratio(one, other) {
  return one === undefined || other === undefined ? "–" : `${(other.median_ms / one.median_ms).toFixed(2)}×`;
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function row(shape, precision, one, other, both) {
  return `${shape.padEnd(46)}${precision.padEnd(11)}${one.padStart(18)}${other.padStart(18)}${both.padStart(17)}`;
}
