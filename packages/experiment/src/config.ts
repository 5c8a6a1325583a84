// What a run is: every choice, checked at the border. Unknown keys are refused with the nearest known one.
import { InputError } from "@er/engine";
import { MODEL_RULES, SCALE_NAMES } from "@er/metrics";
import { IMAGENET_NORMALIZATION } from "@er/models";
import { z } from "zod";
import { describeIssues } from "./config-issues.js";
import { checkRules } from "./config-rules.js";

/** Channels of a first stage: sixty times the papers', whose last stage has 150 million weights a layer. */
export const MOST_WIDTH = 1024;

const positive = z.number().int().positive();
/** Names of splits become names of files, with an ending each, and keys of objects. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a name of letters, digits, '.', '_' and '-'")
  .max(100, "a name of at most 100 characters, since files are called by it")
  .refine((text) => !(text in {}), "another name: every object has this key already");
/** What the adapter computes with: a number that f32 makes 0 or infinity would be another in silence. */
const float = z
  .number()
  .refine((value) => Math.fround(value) !== 0 || value === 0, "a number that f32 holds, of 1e-38 or more")
  .refine((value) => Number.isFinite(Math.fround(value)), "a number that f32 holds, of 3e38 or less");
/** As `--normalization` takes it: means of 0 to 255 would make every image the same grey in silence. */
const mean = float.min(0).max(1, "a mean of pixel values in [0, 1]; of 0 to 255? divide it and the deviation by 255");

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant") }),
  z.strictObject({ kind: z.literal("cosine") }),
  z.strictObject({
    kind: z.literal("step"),
    milestones: z.array(z.number().min(0).max(1)).describe("fractions of all steps"),
    gamma: float.positive(),
  }),
]);

const training = z.strictObject({
  steps: positive.optional(),
  epochs: z.number().positive().max(1e6).optional(),
  batch: positive.default(64),
  learningRate: float.positive().default(0.1),
  schedule: schedule.default({ kind: "cosine" }),
  warmupSteps: z.number().int().min(0).default(0),
  momentum: z.number().min(0).max(1).default(0.9),
  nesterov: z.boolean().default(false),
  weightDecay: float.min(0).default(5e-4),
  precision: z.enum(["f32", "mixed"]).default("f32").describe("mixed: f16 activations with a dynamic loss scale"),
  labelSmoothing: z.number().min(0).lt(1).default(0),
  augment: z
    .strictObject({ padding: z.number().int().min(0).default(4), flip: z.boolean().default(true) })
    .prefault({}),
  memory: z
    .enum(["normal", "low"])
    .default("normal")
    .describe(
      "low: cheap activations are made again in the backward pass; the same bits, less memory, a little slower",
    ),
  freezeBatchNorm: z
    .boolean()
    .default(false)
    .describe("batch-norm normalises with the running statistics that it began with, and leaves them as they are"),
  trainable: z
    .string()
    .regex(/^(all|head|from:.+)$/, 'expected "all", "head" or "from:" and a part of the model, such as "from:layer3"')
    .default("all")
    .describe(
      "what is trained, from a part on in the order of the state_dict; the rest is frozen, its batch-norms as in evaluation",
    ),
  headLearningRate: float
    .positive()
    .optional()
    .describe("of the last layer, in the place of learningRate, which is then the others'"),
  features: z
    .boolean()
    .default(false)
    .describe(
      "the head alone is trained, on what the body makes of each image, computed once; `augment` is not looked at",
    ),
  ema: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe("decay of a moving average of the weights, which is then what is evaluated and kept at the end"),
});

const kept = {
  predictions: z
    .enum(["classes", "logits"])
    .default("classes")
    .describe("logits: of every evaluated image too, as float16; top-5 accuracy and macro-F1 are then recorded"),
};
const evaluation = z.union([
  z.strictObject({ at: z.literal("log").default("log"), points: positive.min(2).max(10_000).default(24), ...kept }),
  z.strictObject({ steps: z.array(z.number().int().min(0)).min(1), ...kept }),
  z.strictObject({ epochs: z.array(z.number().min(0).max(1e6)).min(1), ...kept }),
]);

const fit = {
  models: z
    .union([z.enum(MODEL_RULES), z.array(z.string()).min(3)])
    .optional()
    .describe("the models that the line is fitted on: a rule or names; standard where kinds are known, else all"),
  scale: z.enum(SCALE_NAMES).optional().describe("that the line is fitted on; logit where left out"),
};
const testbed = z.union([
  z.strictObject({
    from: z.string().describe("a built-in name, a .csv or a directory of predictions"),
    ood: name.optional().describe("the OOD split that it is for; a directory may be for all"),
    columns: z
      .strictObject({ id: z.string(), ood: z.string() })
      .optional()
      .describe("a CSV's, where not called as the splits"),
    ...fit,
  }),
  z.strictObject({
    build: z.strictObject({
      widths: z.array(positive.max(MOST_WIDTH)).min(1),
      points: positive.min(1).default(4),
      train: training,
    }),
    ...fit,
  }),
]);

const configSchema = z.strictObject({
  seed: z.number().int().min(0).default(0),
  model: z.strictObject({ name: z.string(), width: positive.max(MOST_WIDTH).optional() }),
  normalization: z
    .strictObject({
      mean: z.tuple([mean, mean, mean]),
      std: z.tuple([float.positive(), float.positive(), float.positive()]),
    })
    .default({ mean: [...IMAGENET_NORMALIZATION.mean], std: [...IMAGENET_NORMALIZATION.std] }),
  data: z.strictObject({
    train: z.string(),
    id: z.strictObject({ name, spec: z.string() }),
    ood: z.record(name, z.string()),
  }),
  init: z
    .string()
    .min(1, "a file or weights:NAME; leave it out to start from random weights")
    .optional()
    .describe("weights to start from, a file or weights:NAME; the head is replaced where it is for other classes"),
  pretrain: z.strictObject({ data: z.string(), train: training }).optional(),
  probe: training.optional().describe("a training of the head alone before the training of `train`"),
  train: training,
  eval: evaluation.prefault({}),
  evalBatch: positive.default(128),
  restrictClasses: z.boolean().default(false),
  interpolation: z
    .strictObject({ a: z.string(), b: z.string(), batchNormImages: z.number().int().min(0) })
    .optional()
    .describe("of a record of er interpolate: a step is a hundredth of the way from a to b"),
  testbed: testbed.optional(),
  checkpointEverySteps: positive.default(200),
});

/** A run's configuration with every default filled in. */
export type Config = z.infer<typeof configSchema>;
export type TrainingConfig = z.infer<typeof training>;
export type BuildTestbed = Extract<z.infer<typeof testbed>, { build: unknown }>;
export type TestbedBuild = BuildTestbed["build"];
export type TestbedSource = Extract<z.infer<typeof testbed>, { from: unknown }>;
type Times<T> = T extends unknown ? Omit<T, "predictions"> : never;
/** When to evaluate. */
export type EvaluationTimes = Times<z.infer<typeof evaluation>>;

/** A training of one step with everything else as it is where a configuration says nothing. */
export function plainTraining(batch: number): TrainingConfig {
  return training.parse({ steps: 1, batch });
}

/**
 * Checks a configuration and fills in the defaults.
 *
 * @param source where it came from, for messages
 * @throws InputError with one line: the key, what was wrong, and the nearest known key for an unknown one
 */
export function parseConfig(value: unknown, source: string): Config {
  const result = configSchema.safeParse(value);
  if (!result.success) {
    throw new InputError(`${source}: ${describeIssues(result.error.issues, value, configSchema)}`);
  }
  const config = result.data;
  checkRules(config, source);
  return config;
}
