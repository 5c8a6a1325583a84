// Configurations by name.
import { InputError } from "@er/engine";
import type { JsonObject } from "./set-by-path.js";

const presets: Record<string, () => JsonObject> = {
  // The embedded default: small enough for a software adapter, on images the project draws itself.
  demo: () => ({
    seed: 0,
    model: { name: "resnet8", width: 8 },
    data: {
      train: "procedural:narrow?n=1000&size=16#train",
      id: { name: "narrow", spec: "procedural:narrow?n=500&size=16#test" },
      ood: { shifted: "procedural:shifted?n=500&size=16#test" },
    },
    pretrain: {
      data: "procedural:broad?n=4000&size=16#train",
      train: { epochs: 2, batch: 64, learningRate: 0.1, augment: { padding: 2, flip: false } },
    },
    train: { epochs: 8, batch: 64, learningRate: 0.02, augment: { padding: 2, flip: false } },
    eval: { at: "log", points: 12 },
    testbed: {
      build: {
        widths: [4, 8],
        points: 5,
        train: { epochs: 8, batch: 64, learningRate: 0.1, augment: { padding: 2, flip: false } },
      },
    },
  }),
};

export const PRESET_NAMES = Object.keys(presets);

/** A fresh copy of a named configuration. Throws an InputError for an unknown name. */
export function preset(name: string): JsonObject {
  const make = presets[name];
  if (make === undefined) {
    throw new InputError(`preset "${name}": unknown; there are ${PRESET_NAMES.join(", ")}`);
  }
  return make();
}
