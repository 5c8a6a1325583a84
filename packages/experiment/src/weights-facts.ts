// What is known of weights beside their tensors: what their file says, or else what is published of them.
import { classList } from "@er/data";
import type { Normalization } from "@er/models";
import { readModelDescription } from "./model-metadata.js";
import type { WeightsSource } from "./weights-source.js";

/** What nobody says is undefined. */
export interface WeightsFacts {
  /** Who says it. */
  readonly by: "file" | "registry" | undefined;
  readonly model?: string | undefined;
  /** Channels of the first stage, where it is not the model's own. */
  readonly width?: number | undefined;
  /** By the index of the output. */
  readonly classNames?: readonly string[] | undefined;
  readonly normalization?: Normalization | undefined;
}

/** @throws InputError where the file cannot be read, or what it says is damaged */
export async function weightsFacts({ file, published }: WeightsSource): Promise<WeightsFacts> {
  const described = await readModelDescription(file);
  if (described !== undefined) {
    return { by: "file", ...described };
  }
  if (published === undefined) {
    return { by: undefined };
  }
  const { model, classNames, preprocessing } = published;
  return {
    by: "registry",
    model,
    classNames: classNames && (await classList(classNames)),
    normalization: { mean: preprocessing.mean, std: preprocessing.std },
  };
}

/** How an image is normalised, in words. */
export function describeNormalization({ mean, std }: Normalization): string {
  return `mean ${mean.join(", ")}, std ${std.join(", ")}`;
}

export function sameNormalization(one: Normalization, other: Normalization): boolean {
  return one.mean.join() === other.mean.join() && one.std.join() === other.std.join();
}
