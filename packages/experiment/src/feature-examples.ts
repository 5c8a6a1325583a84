// Batches of features: what the model's frozen body makes of each image, without augmentation and with batch-norm as in evaluation,
// computed once and kept. So a head is trained in batches of any size at the price of one pass over the images, as the study trains
// BiT's (batches of 32,768).
import type { ImageSet } from "@er/data";
import { Graph, type Runtime, reshape, type Shape, sizeOf, type Tensor } from "@er/engine";
import type { Model, Normalization } from "@er/models";
import { counterInput, type Examples } from "./examples.js";
import { imageExamples } from "./image-examples.js";
import type { Watch } from "./progress.js";

/** Images a pass of the body. */
const BATCH = 64;

/** The features of a set; shape is that of one example. */
interface Features {
  readonly shape: Shape;
  readonly values: Float32Array;
}

/** Their first `prepare` computes the features with the weights of that time. */
export function featureExamples(runtime: Runtime, model: Model, set: ImageSet, normalization: Normalization): Examples {
  const shape = featureShape(model, set);
  const length = sizeOf(shape);
  const head = model.module.submodule(model.head);
  let features: Float32Array | undefined;
  return {
    logits(trace, { size }) {
      const { graph } = trace;
      const logits = head.forward(trace, graph.input("features", [size, ...shape]));
      return reshape(graph, logits, [size, sizeOf(logits.shape) / size]);
    },
    async prepare(watch) {
      features ??= (await extract(runtime, model, set, normalization, watch))?.values;
      return features !== undefined;
    },
    write(program, indices) {
      if (features === undefined) {
        throw new Error("features: written before they were prepared");
      }
      const batch = new Float32Array(indices.length * length);
      for (const [row, index] of indices.entries()) {
        batch.set(features.subarray(index * length, (index + 1) * length), row * length);
      }
      program.write("features", batch);
    },
    destroy() {
      features = undefined;
    },
  };
}

/** Undefined where it was stopped. */
async function extract(
  runtime: Runtime,
  model: Model,
  set: ImageSet,
  normalization: Normalization,
  watch: Watch = {},
): Promise<Features | undefined> {
  const size = Math.min(BATCH, set.n);
  const images = imageExamples(runtime, model, set, normalization);
  const graph = new Graph();
  images.logits({ graph, training: false, counter: counterInput(graph) }, { size });
  const features = headInput(graph, model);
  const program = await runtime.compile(graph, [features], { label: `features of ${set.spec}` });
  images.attach?.(program);
  const length = sizeOf(features.shape) / size;
  const values = new Float32Array(set.n * length);
  let stopped = false;
  for (let start = 0; start < set.n && !stopped; start += size) {
    // The last batch begins earlier, so that it is whole: what it makes again is the same.
    const first = Math.min(start, set.n - size);
    images.write(
      program,
      Uint32Array.from({ length: size }, (_, i) => first + i),
    );
    program.run();
    values.set(await program.read(features), first * length);
    watch.onProgress?.({ kind: "features", spec: set.spec, done: first + size, total: set.n });
    stopped = watch.signal?.aborted === true && first + size < set.n;
  }
  program.destroy();
  images.destroy();
  return stopped ? undefined : { shape: features.shape.slice(1), values };
}

/** The shape of an image's features, by tracing the model on one, which computes nothing. */
export function featureShape(model: Model, { height, width }: Pick<ImageSet, "height" | "width">): Shape {
  const graph = new Graph();
  model.module.forward({ graph, training: false }, graph.input("x", [1, height, width, 3]));
  return headInput(graph, model).shape.slice(1);
}

/** What the model's last layer multiplies. */
function headInput(graph: Graph, { module, head }: Model): Tensor {
  const weight = module.namedParameters().get(`${head}.weight`);
  const traced = weight && graph.parameters.get(weight);
  const node = graph.nodes.find(({ inputs }) => traced !== undefined && inputs[1] === traced);
  if (node === undefined) {
    throw new Error(`features: no layer multiplies ${head}.weight`);
  }
  return node.inputs[0]!;
}
