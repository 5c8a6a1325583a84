// er eval: a model with weights on a set.

import { type ImageSet, knownScheme, loadImageSet } from "@er/data";
import { InputError, Runtime, readTuning } from "@er/engine";
import {
  describeNormalization,
  Evaluator,
  givenClasses,
  loadInto,
  logitsFile,
  MOST_WIDTH,
  modelOfWeights,
  type OutputClasses,
  outputClasses,
  readWeights,
  refuseOtherCount,
  refuseUnknownModel,
  sameNormalization,
  type WeightsFacts,
  weightsFacts,
  weightsSource,
} from "@er/experiment";
import { writeFile } from "@er/files";
import { writeNpy } from "@er/formats";
import { accuracyInterval } from "@er/metrics";
import { type Normalization, usualNormalization } from "@er/models";
import { Command } from "commander";
import { normalizationOption } from "../normalization-option.js";
import { wholeNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { refuseUnwritable } from "../output-file.js";

/** Predictions are kept as uint16. */
const MOST_CLASSES = 65_536;

interface EvalOptions extends OutputOptions {
  model?: string;
  width?: string;
  weights: string;
  data: string;
  classes?: string;
  normalization?: string;
  restrictClasses?: boolean;
  batch: string;
  predictions?: string;
  logits?: string;
  adapter?: string;
}

export const evaluate = new Command("eval")
  .description("accuracy of a model with weights on a set of images")
  .option("--model <name>", "resnet20, resnet56, wrn-16-4, …; weights of er train name their own")
  .option("--width <n>", "channels of a ResNet's first stage (16)")
  .requiredOption("--weights <file>", "safetensors, torch, TorchScript or .npz, known by its content; or weights:NAME")
  .requiredOption("--data <spec>", "such as imagefolder:DIR#test; see the README")
  .option(
    "--classes <what>",
    "names of the outputs: cifar10, imagenet, a file with a name a line, or set (the set's, sorted)",
  )
  .option(
    "--normalization <what>",
    "imagenet, cifar10, none, or means and deviations of values in [0, 1]: 0.5,0.5,0.5/0.25,0.25,0.25 (the weights' own, else the usual for the model)",
  )
  .option("--restrict-classes", "predict among the set's own classes alone")
  .option("--batch <n>", "images a batch", "128")
  .option("--predictions <out.npy>", "write the predicted class of every image (uint16)")
  .option("--logits <out.npy>", "write the logits of every image (float16), and say top-5 accuracy and macro-F1")
  .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name; see er doctor")
  .option("--json", "print the result as JSON")
  .option("--quiet", "no log and no progress")
  .action(async (options: EvalOptions) => {
    const output = new Output(options);
    // What is cheap to tell first, then the weights, then the adapter and the data.
    const batch = wholeNumber("--batch", options.batch);
    const givenWidth =
      options.width === undefined ? undefined : wholeNumber("--width", options.width, { most: MOST_WIDTH });
    const givenNormalization =
      options.normalization === undefined ? undefined : normalizationOption(options.normalization);
    knownScheme(options.data);
    if (options.model !== undefined) refuseUnknownModel(options.model, givenWidth);
    const given = options.classes === undefined ? undefined : await givenClasses(options.classes);
    await refuseUnwritable({ "--predictions": options.predictions, "--logits": options.logits });

    const source = await weightsSource(options.weights);
    const facts = await weightsFacts(source);
    const name = options.model ?? facts.model;
    if (name === undefined) {
      throw new InputError(`${options.weights}: does not say what model it is of; give --model`);
    }
    const entries = await readWeights(source.file);
    const width = givenWidth ?? (name === facts.model ? facts.width : undefined);
    const { model, arena, classes } = modelOfWeights(name, width, entries, options.weights);
    refuseOtherCount(classes, options.weights, given, facts);
    if (options.predictions !== undefined && classes > MOST_CLASSES) {
      throw new InputError(`--predictions: ${classes} classes; a file of predictions tells apart ${MOST_CLASSES}`);
    }

    const runtime = await Runtime.open(options.adapter === undefined ? {} : { adapter: options.adapter });
    try {
      const set = await loadImageSet(options.data, {
        onProgress: (done, total) => output.progress("decode", done, total, ""),
      });
      const outputs = outputClasses(classes, given, facts, set);
      const normalized = normalizationOf(name, givenNormalization, facts);
      output.log(`adapter: ${runtime.info.description}`);
      await readTuning(runtime);
      loadInto(runtime, model, arena, entries, options.weights, "keep");
      const evaluator = await evaluatorOf(set, outputs, normalized.normalization);
      const start = performance.now();
      const predicted = await evaluator.predict((done) => output.progress("evaluate", done, set.n, ""));
      const seconds = (performance.now() - start) / 1000;
      const { n, correct, accuracy, top5, macroF1 } = evaluator.score(predicted);
      if (options.predictions !== undefined) {
        const array = { dtype: "uint16", shape: [n], data: Uint16Array.from(predicted.classes) } as const;
        await writeFile(options.predictions, writeNpy(array));
      }
      if (options.logits !== undefined) {
        await writeFile(options.logits, logitsFile(predicted.logits!));
      }
      const { low, high } = accuracyInterval(correct, n, { method: "clopper-pearson" });
      const notes = [
        ...(set.leftOut === undefined ? [] : [set.leftOut]),
        ...(evaluator.note === undefined ? [] : [evaluator.note]),
        ...outputs.notes,
        ...normalized.notes,
      ];
      const { mean, std } = normalized.normalization;
      const result = {
        n,
        correct,
        accuracy,
        accuracy_ci95: [low, high],
        ...(top5 !== undefined && { top5 }),
        ...(macroF1 !== undefined && { macro_f1: macroF1 }),
        per_class: perClass(outputs.names, evaluator.labels, predicted.classes),
        images_per_s: n / seconds,
        classes: { from: outputs.from, matched_by: evaluator.matchedBy },
        normalization: { mean, std, from: normalized.from },
        notes,
      };
      const percent = (fraction: number) => (100 * fraction).toFixed(2);
      const beside = [
        ...(top5 === undefined ? [] : [`top-5 ${percent(top5)} %`]),
        ...(macroF1 === undefined ? [] : [`macro-F1 ${macroF1.toFixed(4)}`]),
      ];
      const figure = `${options.data}: ${percent(accuracy)} % (${correct} of ${n}), 95 % interval ${percent(low)} to ${percent(high)} %; ${result.images_per_s.toFixed(0)} images/s`;
      output.answer(
        result,
        [
          [figure, ...notes].join("; "),
          ...(beside.length > 0 ? [beside.join(", ")] : []),
          `classes: ${CLASSES_FROM[outputs.from]}, matched by ${evaluator.matchedBy}; normalization: ${describeNormalization(normalized.normalization)} (${NORMALIZATION_FROM[normalized.from]})`,
        ].join("\n"),
      );

      async function evaluatorOf(set: ImageSet, { names, from, notes }: OutputClasses, normalization: Normalization) {
        try {
          return await Evaluator.create(runtime, model, set, {
            ...{ classNames: names, batch, normalization },
            restrictClasses: options.restrictClasses ?? false,
            keepLogits: options.logits !== undefined,
          });
        } catch (error) {
          const assumed = error instanceof InputError && from === "assumed";
          throw assumed ? new InputError(`${error.message}; ${notes.join("; ")}`, { cause: error }) : error;
        }
      }
    } finally {
      runtime.close();
    }
  });

const CLASSES_FROM: Readonly<Record<OutputClasses["from"], string>> = {
  option: "as --classes names them",
  file: "as the file names them",
  registry: "as the registry names them",
  assumed: "CIFAR-10's, assumed",
  nobody: "unnamed, so numbers",
};

const NORMALIZATION_FROM = {
  option: "--normalization",
  file: "the file",
  registry: "as published",
  assumed: "assumed",
} as const;

interface Normalized {
  readonly normalization: Normalization;
  readonly from: keyof typeof NORMALIZATION_FROM;
  readonly notes: readonly string[];
}

/** As the user says, or the weights, or else what is usual for the model, which is then said beside the accuracy. */
function normalizationOf(
  model: string,
  given: Normalization | undefined,
  { normalization: said, by }: WeightsFacts,
): Normalized {
  if (given !== undefined) {
    const differs = said !== undefined && !sameNormalization(given, said);
    const notes = differs ? [`--normalization differs from the ${by}'s, ${describeNormalization(said)}`] : [];
    return { normalization: given, from: "option", notes };
  }
  if (said !== undefined) {
    return { normalization: said, from: by!, notes: [] };
  }
  const { whose, normalization } = usualNormalization(model);
  const note = `${whose} normalization assumed, since the file names none (--normalization)`;
  return { normalization, from: "assumed", notes: [note] };
}

function perClass(classNames: readonly string[], labels: Int32Array, predicted: ArrayLike<number>) {
  const counts = classNames.map((name) => ({ class: name, n: 0, correct: 0 }));
  labels.forEach((label, i) => {
    const count = counts[label]!;
    count.n += 1;
    count.correct += predicted[i] === label ? 1 : 0;
  });
  return counts.filter(({ n }) => n > 0).map((count) => ({ ...count, accuracy: count.correct / count.n }));
}
