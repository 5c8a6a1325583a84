// The results for people: a heading for each kind of case, a line for each contender, at most 100 columns wide.
import { rooflineTable } from "@er/profile";
import type { Results, Row } from "./results.js";

const WIDTH = 100;
/** Dispatches of a step that are shown one by one. */
const TOP = 15;

/** The whole table as lines. */
export function table({ adapter, driver, peaks, results }: Results): string[] {
  const lines = [
    `${adapter}: ${driver}`.slice(0, WIDTH),
    `peaks: ${peaks.fma_gflops.toFixed(1)} GFLOP/s of multiply-adds, ` +
      `${peaks.copy_gbs.toFixed(1)} GB/s copied by a shader (${peaks.buffer_copy_gbs.toFixed(1)} by copyBufferToBuffer)`,
  ];
  let heading = "";
  for (const [i, row] of results.entries()) {
    if (row.case !== heading) {
      heading = row.case;
      lines.push("", heading);
    }
    const sameShape = row.backend !== "er" && results[i - 1]?.shape === row.shape;
    lines.push(...rowLines(row, sameShape ? "" : shapeOf(row)));
  }
  return lines;
}

const shapeOf = ({ shape, precision }: Row) => (precision === undefined ? shape : `${shape} ${precision}`);

function rowLines(row: Row, shape: string): string[] {
  const start = `  ${shape.padEnd(42)} ${row.backend.padEnd(6)}`;
  if (row.median_ms === null) {
    return [`${start} not run`, `      ${row.note}`.slice(0, WIDTH)];
  }
  const ratio = row.ratio === null || row.backend === "er" ? "" : `${row.ratio.toFixed(2)}×`;
  const line = `${start}${`${row.median_ms.toFixed(2)} ms`.padStart(13)}${rate(row).padStart(26)}${ratio.padStart(8)}`;
  const dispatches = row.roofline === undefined ? [] : rooflineTable(row.roofline, TOP, WIDTH - 4);
  const more = [...(row.js_ms === null ? [] : [`  ${hostTime(row)}`]), ...dispatches];
  return [line, ...more.map((text) => `    ${text}`)];
}

function hostTime({ js_ms, encode_ms, submit_ms, median_ms, images_per_s }: Row): string {
  const parts = `${encode_ms!.toFixed(2)} to encode, ${submit_ms!.toFixed(2)} to submit`;
  const rate = `${images_per_s!.toFixed(0)} images/s`;
  return `${rate}; JavaScript ${js_ms!.toFixed(2)} ms a step (${parts}), ${((100 * js_ms!) / median_ms!).toFixed(1)} %`;
}

function rate({ gflops, gbs, share_of_fma_peak, share_of_copy_peak }: Row): string {
  if (gflops !== null) {
    return `${gflops.toFixed(1)} GFLOP/s ${percent(share_of_fma_peak!)} FMA `;
  }
  return `${gbs!.toFixed(1)} GB/s ${percent(share_of_copy_peak!)} copy`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`.padStart(5);
}

/** One case in one line, for the progress. */
export function summary(rows: readonly Row[]): string {
  const parts = rows.map(({ backend, median_ms, ratio, note }) => {
    if (median_ms === null) {
      return `${backend}: ${note}`;
    }
    return `${backend} ${median_ms.toFixed(1)} ms${ratio === null || backend === "er" ? "" : ` (${ratio.toFixed(2)}×)`}`;
  });
  return `${rows[0]!.case} ${rows[0]!.shape}: ${parts.join(", ")}`;
}
