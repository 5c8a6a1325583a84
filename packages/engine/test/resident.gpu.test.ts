// The ops over what stays on the adapter between runs: resident images, running totals, stored predictions.
import { describe, expect, it } from "vitest";
import {
  type Augmentation,
  accumulateMetrics,
  imageBatch,
  philox,
  residentImages,
  type StateTensor,
  storeRows,
} from "../src/index.js";
import { HALF_ROUNDOFF } from "./support/half.js";
import { evaluate, relativeError, useRuntime } from "./support/harness.js";

const runtime = useRuntime();

describe("image_batch", () => {
  const counter = Uint32Array.of(11, 2, 40, 0);

  interface Images {
    count: number;
    height: number;
    width: number;
    channels: number;
  }
  const pixelsOf = ({ count, height, width, channels }: Images) =>
    Uint8Array.from({ length: count * height * width * channels }, (_, i) => (i * 37) % 256);
  /** C means, then C standard deviations. */
  const normalizationOf = (channels: number) =>
    Float32Array.from({ length: 2 * channels }, (_, i) => (i < channels ? 0.4 + 0.1 * i : 0.05 + 0.05 * i));

  async function batchOf(
    images: Images,
    indices: Uint32Array,
    augmentation: Augmentation,
    maxBindingBytes = 2 ** 20,
    dtype: "f32" | "f16" = "f32",
  ) {
    const resident = residentImages(pixelsOf(images), images, maxBindingBytes);
    const normalization = normalizationOf(images.channels);
    const feeds = {
      indices: { shape: [indices.length], data: indices },
      counter: { shape: [4], data: counter },
      normalization: { shape: [normalization.length], data: normalization },
    };
    const [y] = await evaluate(runtime(), feeds, (graph, { indices, counter, normalization }) => [
      imageBatch(
        graph,
        resident,
        { indices: indices!, counter: counter!, normalization: normalization! },
        augmentation,
        dtype,
      ),
    ]);
    return { y: y!, parts: resident.parts.length };
  }

  function expectedBatch(images: Images, indices: Uint32Array, { padding, flip }: Augmentation): number[] {
    const { height, width, channels } = images;
    const pixels = pixelsOf(images);
    const normalization = normalizationOf(channels);
    const values: number[] = [];
    for (const [example, image] of indices.entries()) {
      const [top, left, mirror] = philox([example, counter[2]!, counter[3]!, 0], [counter[0]!, counter[1]!]);
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++)
          for (let c = 0; c < channels; c++) {
            const y = row + (top % (2 * padding + 1)) - padding;
            const x = (flip && mirror & 1 ? width - 1 - column : column) + (left % (2 * padding + 1)) - padding;
            const inside = y >= 0 && y < height && x >= 0 && x < width;
            const value = inside ? pixels[((image * height + y) * width + x) * channels + c]! / 255 : 0;
            values.push((value - normalization[c]!) / normalization[channels + c]!);
          }
    }
    return values;
  }

  const indices = Uint32Array.of(6, 0, 3, 3, 5);
  const square = { count: 7, height: 6, width: 6, channels: 3 };
  const cases: [Images, Uint32Array, Augmentation][] = [
    [square, indices, { padding: 2, flip: true }],
    [square, indices, { padding: 0, flip: false }],
    [{ count: 7, height: 5, width: 9, channels: 1 }, indices, { padding: 1, flip: true }],
    [{ count: 1, height: 1, width: 1, channels: 1 }, Uint32Array.of(0), { padding: 0, flip: true }],
    [
      { count: 9, height: 7, width: 3, channels: 3 },
      Uint32Array.from({ length: 67 }, (_, i) => i % 9),
      { padding: 4, flip: true },
    ],
  ];
  for (const [images, chosen, augmentation] of cases)
    it(`crops, flips and normalises as the generator's words say: ${chosen.length} of ${images.height}×${images.width}×${images.channels}, padding ${augmentation.padding}, ${augmentation.flip ? "" : "not "}flipped`, async () => {
      const { y } = await batchOf(images, chosen, augmentation);
      expect(relativeError(y, expectedBatch(images, chosen, augmentation))).toBeLessThan(1e-6);
    });

  it("of f16 rounds the same values", async ({ skip }) => {
    if (!runtime().device.features.has("shader-f16")) skip("the adapter has no shader-f16");
    const augmentation = { padding: 2, flip: true };
    const { y } = await batchOf(square, indices, augmentation, 2 ** 20, "f16");
    expect(relativeError(y, expectedBatch(square, indices, augmentation))).toBeLessThan(HALF_ROUNDOFF + 1e-6);
  });

  it("of a set cut into several parts has the same bits", async () => {
    const augmentation = { padding: 2, flip: true };
    const bytesPerImage = 6 * 6 * 3;
    const cut = await batchOf(square, indices, augmentation, 2 * bytesPerImage + 4);
    expect(cut.parts).toBe(4);
    expect(cut.y).toEqual((await batchOf(square, indices, augmentation)).y);
  });
});

describe("accumulate_metrics", () => {
  it("adds up losses, correct predictions, examples and batches, over batches of several sizes", async () => {
    const totals: StateTensor = { label: "totals", shape: [4], dtype: "f32", initial: new Float32Array(4) };
    const expected = [0, 0, 0, 0];
    for (const [batch, rows] of [1, 7, 67, 1025].entries()) {
      const predicted = Uint32Array.from({ length: rows }, (_, i) => (i * 7) % 10);
      const labels = Uint32Array.from({ length: rows }, (_, i) => (i * i) % 10);
      const loss = Float32Array.of(1.25 + batch / 3);
      await evaluate(
        runtime(),
        {
          loss: { shape: [], data: loss },
          predicted: { shape: [rows], data: predicted },
          labels: { shape: [rows], data: labels },
        },
        (graph, { loss, predicted, labels }) => {
          accumulateMetrics(graph, { loss: loss!, predicted: predicted!, labels: labels! }, graph.state(totals));
          return [];
        },
      );
      expected[0]! += loss[0]!;
      expected[1]! += predicted.filter((value, i) => value === labels[i]).length;
      expected[2]! += rows;
      expected[3]! += 1;
    }
    const [sum, ...counts] = await runtime().readState(totals);
    expect(counts).toEqual(expected.slice(1));
    expect(relativeError([sum!], [expected[0]!])).toBeLessThan(1e-6);
  });
});

describe("store_rows", () => {
  it("writes each batch at its place, drops what passes the end and leaves the rest alone", async () => {
    const capacity = 150;
    const initial = Uint32Array.from({ length: capacity }, (_, i) => 1000 + i);
    const resident: StateTensor & { dtype: "u32" } = { label: "rows", shape: [capacity], dtype: "u32", initial };
    const expected = [...initial];
    for (const [start, rows] of [
      [3, 1],
      [5, 67],
      [140, 13],
      [150, 1],
    ] as const) {
      const data = Uint32Array.from({ length: rows }, (_, i) => start * 10_000 + i);
      await evaluate(
        runtime(),
        { rows: { shape: [rows], data }, start: { shape: [1], data: Uint32Array.of(start) } },
        (graph, t) => {
          storeRows(graph, t.rows!, t.start!, graph.state(resident));
          return [];
        },
      );
      for (const [i, value] of data.entries()) if (start + i < capacity) expected[start + i] = value;
    }
    expect([...(await runtime().readState(resident))]).toEqual(expected);
  });
});
