// er eval: a model with weights on a set.

import { alignClasses, CIFAR10_CLASSES, loadImageSet } from "@er/data";
import { InputError, ParameterArena, Runtime, readTuning } from "@er/engine";
import { Evaluator, loadInto, logitsFile, readModelDescription, readWeights, weightsSource } from "@er/experiment";
import { writeNpy } from "@er/formats";
import { accuracyInterval } from "@er/metrics";
import { createModel, IMAGENET_NORMALIZATION } from "@er/models";
import { Command } from "commander";
import writeFileAtomic from "write-file-atomic";
import { wholeNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";

interface EvalOptions extends OutputOptions {
  model?: string;
  width?: string;
  weights: string;
  data: string;
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
  .option("--restrict-classes", "predict among the set's own classes alone")
  .option("--batch <n>", "images a batch", "128")
  .option("--predictions <out.npy>", "write the predicted class of every image (uint16)")
  .option("--logits <out.npy>", "write the logits of every image (float16), and say top-5 accuracy and macro-F1")
  .option("--adapter <name>", "swiftshader, lavapipe, gpu or part of a name; see er doctor")
  .option("--json", "print the result as JSON")
  .option("--quiet", "no log and no progress")
  .action(async (options: EvalOptions) => {
    const output = new Output(options);
    const batch = wholeNumber("--batch", options.batch);
    const { file, published } = await weightsSource(options.weights);
    const described = await readModelDescription(file);
    const name = options.model ?? described?.model ?? published?.model;
    if (name === undefined) {
      throw new InputError(`${options.weights}: does not say what model it is of; give --model`);
    }
    const entries = await readWeights(file);
    const head = [...entries].filter(([name, { shape }]) => name.endsWith(".weight") && shape.length === 2).at(-1)?.[1];
    if (head === undefined) {
      throw new InputError(`${options.weights}: no matrix among its tensors that could be a classifier's head`);
    }
    const classes = head.shape[0]!;
    const ownWidth = name === described?.model ? described.width : undefined;
    const width = options.width === undefined ? ownWidth : wholeNumber("--width", options.width);
    const model = createModel(name, { classes, ...(width !== undefined && { width }) });
    const set = await loadImageSet(options.data, {
      onProgress: (done, total) => output.progress("decode", done, total, ""),
    });
    const classNames = described?.classNames ?? classNamesFor(classes, set.classNames);
    alignClasses(set, classNames);
    const runtime = await Runtime.open(options.adapter === undefined ? {} : { adapter: options.adapter });
    try {
      output.log(`adapter: ${runtime.info.description}`);
      await readTuning(runtime);
      const arena = new ParameterArena(model.module, 0);
      loadInto(runtime, model, arena, entries, options.weights, false);
      const evaluator = await Evaluator.create(runtime, model, set, {
        classNames,
        batch,
        normalization: described?.normalization ?? published?.preprocessing ?? IMAGENET_NORMALIZATION,
        restrictClasses: options.restrictClasses ?? false,
        keepLogits: options.logits !== undefined,
      });
      if (evaluator.missing.length > 0) {
        const among = options.restrictClasses ? "the set's own alone" : "all of the model's";
        output.log(
          `${evaluator.missing.length} of the model's ${classes} classes are absent; predictions are over ${among}`,
        );
      }
      const start = performance.now();
      const predicted = await evaluator.predict((done) => output.progress("evaluate", done, set.n, ""));
      const seconds = (performance.now() - start) / 1000;
      const { n, correct, accuracy, top5, macroF1 } = evaluator.score(predicted);
      if (options.predictions !== undefined) {
        const array = { dtype: "uint16", shape: [n], data: Uint16Array.from(predicted.classes) } as const;
        await writeFileAtomic(options.predictions, Buffer.from(writeNpy(array)));
      }
      if (options.logits !== undefined) {
        await writeFileAtomic(options.logits, Buffer.from(logitsFile(predicted.logits!)));
      }
      const { low, high } = accuracyInterval(correct, n, { method: "clopper-pearson" });
      const result = {
        n,
        correct,
        accuracy,
        accuracy_ci95: [low, high],
        ...(top5 !== undefined && { top5 }),
        ...(macroF1 !== undefined && { macro_f1: macroF1 }),
        per_class: perClass(classNames, evaluator.labels, predicted.classes),
        images_per_s: n / seconds,
      };
      const percent = (fraction: number) => (100 * fraction).toFixed(2);
      const beside = [
        ...(top5 === undefined ? [] : [`top-5 ${percent(top5)} %`]),
        ...(macroF1 === undefined ? [] : [`macro-F1 ${macroF1.toFixed(4)}`]),
      ];
      output.answer(
        result,
        `${options.data}: ${percent(accuracy)} % (${correct} of ${n}), 95 % interval ${percent(low)} to ${percent(high)} %; ${result.images_per_s.toFixed(0)} images/s${beside.length > 0 ? `\n${beside.join(", ")}` : ""}`,
      );
    } finally {
      runtime.close();
    }
  });

/** The classes of weights that name none: the set's own where the counts agree, CIFAR-10's for ten, else numbers. */
function classNamesFor(classes: number, setClasses: readonly string[]): readonly string[] {
  if (setClasses.length === classes && !setClasses.every((name) => CIFAR10_CLASSES.includes(name as "cat"))) {
    return setClasses;
  }
  return classes === 10 ? CIFAR10_CLASSES : Array.from({ length: classes }, (_, i) => String(i));
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
