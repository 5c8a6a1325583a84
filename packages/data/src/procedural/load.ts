// procedural:DOMAIN[?n=&size=&seed=]#train|test: draws the embedded benchmark. Integer hashing and + - * / alone, so the
// bytes are the same on every machine.
import { InputError } from "@er/formats";
import { type ImageSet, imageSet } from "../image-set.js";
import { DOMAINS, PROCEDURAL_CLASSES } from "./domains.js";
import { drawImage } from "./draw.js";

const DEFAULTS = { n: { train: 4000, test: 2000 }, size: 32, seed: 0 };

/** Least and most of each option: shapes are no longer legible below 8 pixels, and a seed is 32 bits of the hash. */
const LIMITS = { n: [1, 1_000_000], size: [8, 256], seed: [0, 2 ** 32 - 1] } as const;

const MOST_BYTES = 2 ** 31;

function isOption(key: string): key is keyof typeof LIMITS {
  return Object.hasOwn(LIMITS, key);
}

export function loadProcedural(spec: string, rest: string, split: string): ImageSet {
  const [name = "", query = ""] = rest.split("?");
  const domain = Object.hasOwn(DOMAINS, name) ? DOMAINS[name as keyof typeof DOMAINS] : undefined;
  if (domain === undefined) {
    throw new InputError(`${spec}: no domain "${name}"; there are ${Object.keys(DOMAINS).join(", ")}`);
  }
  if (split !== "train" && split !== "test") {
    throw new InputError(`${spec}: part "${split}"; expected #train or #test`);
  }
  const options = { n: DEFAULTS.n[split], size: DEFAULTS.size, seed: DEFAULTS.seed };
  for (const [key, text] of new URLSearchParams(query)) {
    const value = Number(text);
    if (!isOption(key))
      throw new InputError(`${spec}: no option "${key}"; there are ${Object.keys(LIMITS).join(", ")}`);
    const [least, most] = LIMITS[key];
    if (text === "" || !Number.isInteger(value) || value < least || value > most) {
      throw new InputError(`${spec}: ${key} "${text}"; expected a whole number from ${least} to ${most}`);
    }
    options[key] = value;
  }
  const { n, size, seed } = options;
  if (n * size * size * 3 > MOST_BYTES)
    throw new InputError(`${spec}: more than 2 GiB of pixels; ask for fewer or smaller images`);
  const images = new Uint8Array(n * size * size * 3);
  const labels = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    labels[i] = i % domain.classes;
    const key = [seed, domain.id, split === "train" ? 0 : 1, i] as const;
    drawImage(images.subarray(i * size * size * 3, (i + 1) * size * size * 3), size, labels[i]!, domain, key);
  }
  return imageSet({
    spec,
    height: size,
    width: size,
    images,
    labels,
    classNames: PROCEDURAL_CLASSES.slice(0, domain.classes),
  });
}
