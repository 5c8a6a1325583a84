// Batches of images that are resident on the adapter.
import type { ImageSet } from "@er/data";
import { imageBatch, type Program, type Runtime, residentImages } from "@er/engine";
import type { Model, Normalization } from "@er/models";
import type { Examples } from "./examples.js";
import { releaseImages } from "./release.js";

export function imageExamples(runtime: Runtime, model: Model, set: ImageSet, normalization: Normalization): Examples {
  const shape = { count: set.n, height: set.height, width: set.width, channels: 3 };
  const images = residentImages(set.images, shape, runtime.target.maxBindingBytes);
  return {
    logits(trace, { size, augment, dtype }) {
      const { graph, counter } = trace;
      const inputs = {
        indices: graph.input("indices", [size], "u32"),
        counter,
        normalization: graph.input("normalization", [6]),
      };
      return model.module.forward(trace, imageBatch(graph, images, inputs, augment, dtype));
    },
    attach(program: Program) {
      program.write("normalization", Float32Array.of(...normalization.mean, ...normalization.std));
    },
    write(program, indices) {
      program.write("indices", indices);
    },
    destroy() {
      releaseImages(runtime, images);
    },
  };
}
