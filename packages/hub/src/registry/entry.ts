// What the registry knows of a published file.
import { z } from "zod";

const fraction = z.number().gt(0).lt(1);
const triple = z.tuple([z.number(), z.number(), z.number()]);

const checksum = z.discriminatedUnion("algorithm", [
  z.strictObject({
    algorithm: z.literal("sha256"),
    digits: z
      .string()
      .regex(/^[0-9a-f]{8,64}$/)
      .describe("hex digits from the first on: all 64, or the 8 that a file's name carries"),
  }),
  z.strictObject({ algorithm: z.literal("md5"), digits: z.string().regex(/^[0-9a-f]{32}$/) }),
]);

const file = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/)
    .describe("what it is asked for by"),
  url: z.url({ protocol: /^https$/ }),
  size: z
    .strictObject({ bytes: z.number().int().positive(), within: z.number().int().min(0) })
    .optional()
    .describe("bytes, exact or as far as a published size tells"),
  checksum: checksum.optional().describe("left out where none is published"),
  licence: z.string().describe("of the repository that publishes it, by its SPDX identifier"),
  source: z.url().describe("where it is published"),
};

const weights = z.strictObject({
  kind: z.literal("weights"),
  ...file,
  model: z.string().describe("a name of createModel"),
  trainedOn: z.string(),
  classes: z.number().int().positive(),
  classNames: z
    .enum(["cifar10", "imagenet"])
    .optional()
    .describe("the list that the outputs are in the order of; left out where none is at hand"),
  accuracy: z
    .strictObject({ top1: fraction, on: z.string(), source: z.url() })
    .optional()
    .describe("as published, where it is"),
  preprocessing: z.strictObject({
    resize: z.number().int().positive().optional().describe("pixels of the shorter side, bilinear"),
    crop: z.number().int().positive().optional().describe("pixels of the square cut from the centre"),
    mean: triple.describe("of pixel values in [0, 1], red, green, blue"),
    std: triple,
  }),
});

const data = z.strictObject({ kind: z.literal("data"), ...file });

/** The schema of the registry's entries; names are unique among entries of a kind. */
export const entrySchema = z.discriminatedUnion("kind", [weights, data]);

/** A published file: weights, or a set of images. */
export type Entry = z.infer<typeof entrySchema>;
export type WeightsEntry = z.infer<typeof weights>;
export type Checksum = z.infer<typeof checksum>;
export type FileSize = NonNullable<Entry["size"]>;

/** The name of an entry's file: the last part of its address. */
export function fileName({ url }: Pick<Entry, "url">): string {
  return decodeURIComponent(new URL(url).pathname.split("/").at(-1)!);
}

/** `44.7 MB` (10^6 bytes). */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What is published to check an entry's bytes by, in words. */
export function describeCheck({ checksum, size }: Pick<Entry, "checksum" | "size">): string {
  if (checksum === undefined) {
    return size === undefined ? "nothing" : "its size";
  }
  const { algorithm, digits } = checksum;
  return algorithm === "sha256" && digits.length < 64
    ? `the first ${digits.length} digits of its sha256`
    : `its ${algorithm}`;
}
