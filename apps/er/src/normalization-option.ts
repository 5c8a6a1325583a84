// --normalization: what images are normalised with before a model sees them.
import { InputError } from "@er/engine";
import { CIFAR10_NORMALIZATION, IMAGENET_NORMALIZATION, type Normalization } from "@er/models";
import { closest } from "fastest-levenshtein";
import { decimal } from "./numbers.js";

const NAMED: ReadonlyMap<string, Normalization> = new Map([
  ["cifar10", CIFAR10_NORMALIZATION],
  ["imagenet", IMAGENET_NORMALIZATION],
  ["none", { mean: [0, 0, 0], std: [1, 1, 1] }],
]);

/**
 * Reads the option's value.
 *
 * @param text `cifar10`, `imagenet`, `none`, or three means and three deviations of pixel values in [0, 1], `m,m,m/s,s,s`
 * @throws InputError where it is none of these
 */
export function normalizationOption(text: string): Normalization {
  const named = NAMED.get(text);
  if (named !== undefined) {
    return named;
  }
  const parts = text.split("/").map((part) => part.split(",").map((value) => decimal(value.trim())));
  const [mean, std] = parts;
  if (parts.length !== 2 || !isTriple(mean) || !isTriple(std)) {
    const nearest = /^[a-z0-9-]+$/i.test(text) ? `; did you mean "${closest(text, [...NAMED.keys()])}"?` : "";
    throw new InputError(
      `--normalization ${text}: expected cifar10, imagenet, none, or means and deviations such as 0.5,0.5,0.5/0.25,0.25,0.25${nearest}`,
    );
  }
  const outside = mean.find((value) => value < 0 || value > 1) ?? std.find((value) => !(value > 0));
  if (outside !== undefined) {
    throw new InputError(
      `--normalization ${text}: ${outside}; expected means from 0 to 1 and deviations over 0, of pixel values in [0, 1] (of 0 to 255? divide by 255)`,
    );
  }
  return { mean, std };
}

function isTriple(values: readonly number[] | undefined): values is [number, number, number] {
  return values?.length === 3 && values.every(Number.isFinite);
}
