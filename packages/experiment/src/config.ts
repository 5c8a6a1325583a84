// What a run is: every choice, checked at the border. Unknown keys are refused with the nearest known one.
import { InputError } from "@er/engine";
import { distance } from "fastest-levenshtein";
import { z } from "zod";
import { checkRules } from "./config-rules.js";

const positive = z.number().int().positive();
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "a name of letters, digits, '.', '_' and '-'");

const schedule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("constant") }),
  z.strictObject({ kind: z.literal("cosine") }),
  z.strictObject({
    kind: z.literal("step"),
    milestones: z.array(z.number().min(0).max(1)).describe("fractions of all steps"),
    gamma: z.number().positive(),
  }),
]);

const training = z.strictObject({
  steps: positive.optional(),
  epochs: z.number().positive().optional(),
  batch: positive.default(64),
  learningRate: z.number().positive().default(0.1),
  schedule: schedule.default({ kind: "cosine" }),
  warmupSteps: z.number().int().min(0).default(0),
  momentum: z.number().min(0).max(1).default(0.9),
  nesterov: z.boolean().default(false),
  weightDecay: z.number().min(0).default(5e-4),
  labelSmoothing: z.number().min(0).lt(1).default(0),
  augment: z
    .strictObject({ padding: z.number().int().min(0).default(4), flip: z.boolean().default(true) })
    .prefault({}),
});

const evaluation = z.union([
  z.strictObject({ at: z.literal("log"), points: positive.min(2) }),
  z.strictObject({ steps: z.array(z.number().int().min(0)).min(1) }),
  z.strictObject({ epochs: z.array(z.number().min(0)).min(1) }),
]);

const testbed = z.union([
  z.strictObject({
    from: z.string().describe("a built-in name, a .csv or a directory of predictions"),
    ood: name.optional().describe("the OOD split that it is for; a directory may be for all"),
    columns: z
      .strictObject({ id: z.string(), ood: z.string() })
      .optional()
      .describe("a CSV's, where not called as the splits"),
  }),
  z.strictObject({
    build: z.strictObject({
      widths: z.array(positive).min(1),
      points: positive.min(1).default(4),
      train: training,
    }),
  }),
]);

const configSchema = z.strictObject({
  seed: z.number().int().min(0).default(0),
  model: z.strictObject({ name: z.string(), width: positive.optional() }),
  normalization: z
    .strictObject({
      mean: z.tuple([z.number(), z.number(), z.number()]),
      std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
    })
    .default({ mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }),
  data: z.strictObject({
    train: z.string(),
    id: z.strictObject({ name, spec: z.string() }),
    ood: z.record(name, z.string()),
  }),
  init: z.string().optional().describe("weights to start from; the head is replaced where the class count differs"),
  pretrain: z.strictObject({ data: z.string(), train: training }).optional(),
  train: training,
  eval: evaluation.default({ at: "log", points: 24 }),
  evalBatch: positive.default(128),
  restrictClasses: z.boolean().default(false),
  testbed: testbed.optional(),
  checkpointEverySteps: positive.default(200),
});

/** A run's configuration with every default filled in. */
export type Config = z.infer<typeof configSchema>;
export type TrainingConfig = z.infer<typeof training>;
export type TestbedBuild = Extract<z.infer<typeof testbed>, { build: unknown }>["build"];
export type TestbedSource = Extract<z.infer<typeof testbed>, { from: unknown }>;
export type EvaluationConfig = z.infer<typeof evaluation>;

/** A plain JSON object. */
export type JsonObject = { [key: string]: unknown };

/**
 * Checks a configuration and fills in the defaults.
 *
 * @param source where it came from, for messages
 * @throws InputError with one line: the key, what was wrong, and the nearest known key for an unknown one
 */
export function parseConfig(value: unknown, source: string): Config {
  const result = configSchema.safeParse(value);
  if (!result.success) {
    throw new InputError(`${source}: ${describe(result.error.issues, value)}`);
  }
  const config = result.data;
  checkRules(config, source);
  return config;
}

/** Every name that is a key somewhere in the schema, for suggestions. */
const KNOWN_KEYS = [
  ...["seed", "model", "normalization", "data", "init", "pretrain", "train", "eval", "evalBatch", "restrictClasses"],
  ...[
    "testbed",
    "checkpointEverySteps",
    "name",
    "width",
    "mean",
    "std",
    "id",
    "ood",
    "spec",
    "steps",
    "epochs",
    "batch",
  ],
  ...["learningRate", "schedule", "warmupSteps", "momentum", "nesterov", "weightDecay", "labelSmoothing", "augment"],
  ...["padding", "flip", "at", "points", "build", "from", "widths", "kind", "milestones", "gamma"],
];

function describe(issues: readonly z.core.$ZodIssue[], value: unknown): string {
  const issue = deepest(issues);
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const nearest = KNOWN_KEYS.reduce((best, known) => (distance(key, known) < distance(key, best) ? known : best));
    const where = path === "" ? "" : ` in "${path}"`;
    const hint = distance(key, nearest) <= Math.max(2, key.length / 2) ? `; did you mean "${nearest}"?` : "";
    return `unknown key "${key}"${where}${hint}`;
  }
  const given = issue.path.reduce<unknown>((at, key) => (at as JsonObject | undefined)?.[key as string], value);
  return `"${path}": ${issue.message}; got ${JSON.stringify(given) ?? "nothing"}`;
}

/** The most telling issue: of a union, that of the alternative which came furthest. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const inner = issue.errors
      .map((alternative) => deepest(alternative))
      .sort(
        (a, b) =>
          b.path.length - a.path.length ||
          Number(b.code === "unrecognized_keys") - Number(a.code === "unrecognized_keys"),
      )[0];
    if (inner !== undefined) {
      return { ...inner, path: [...issue.path, ...inner.path] };
    }
  }
  return issue;
}

/**
 * Sets one value by its dotted path: `train.batch=128`. The value is read as JSON where it is JSON, else as text.
 *
 * @throws InputError for an assignment without "="
 */
export function setByPath(config: JsonObject, assignment: string): void {
  const at = assignment.indexOf("=");
  if (at < 1) {
    throw new InputError(`--set ${assignment}: expected path=value, such as train.batch=128`);
  }
  const keys = assignment.slice(0, at).split(".");
  const text = assignment.slice(at + 1);
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Not JSON: a bare word such as a path or a spec, taken as it stands.
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
  }
  let target = config;
  for (const key of keys.slice(0, -1)) {
    const next = target[key];
    if (next === undefined) {
      target[key] = {};
    } else if (typeof next !== "object" || next === null) {
      throw new InputError(`--set ${assignment}: "${key}" holds a value, not an object`);
    }
    target = target[key] as JsonObject;
  }
  target[keys.at(-1)!] = value;
}
