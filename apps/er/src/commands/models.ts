// er models: the architectures by name, and what one is made of and needs.
import { modelInfo, modelSummary } from "@er/experiment";
import { MODEL_NAMES } from "@er/models";
import { Command } from "commander";
import { wholeNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { table } from "../table.js";

interface InfoArguments extends OutputOptions {
  batch: string;
  classes?: string;
  imageSize?: string;
}

/** Models for CIFAR-sized images; the others are for ImageNet's. */
const SMALL = /^(resnet(8|20|32|44|56|110)|wrn-.*)$/;

const defaultsOf = (name: string) =>
  SMALL.test(name) ? { imageSize: 32, classes: 10 } : { imageSize: 224, classes: 1000 };

const list = new Command("list")
  .description("every model by name, with its parameters and operations")
  .option("--json", "print the result as JSON")
  .action((options: OutputOptions) => {
    const models = MODEL_NAMES.map((name) => modelSummary(name, { batch: 1, ...defaultsOf(name) })).map(
      ({ name, classes, imageSize, parameters, multiplyAdds }) => ({
        ...{ name, image_size: imageSize, classes, parameters, multiply_adds: multiplyAdds },
      }),
    );
    new Output(options).answer(
      models,
      [
        table(
          ["model", "images", "classes", "parameters", "multiply-adds"],
          models.map((model) => [
            model.name,
            `${model.image_size}×${model.image_size}`,
            String(model.classes),
            millions(model.parameters),
            millions(model.multiply_adds),
          ]),
        ),
        "in millions, multiply-adds of one image forward; wrn-D-K takes other depths and widths too",
      ].join("\n"),
    );
  });

const info = new Command("info")
  .description("a model's layers, parameters, operations and memory at a batch")
  .argument("<name>", "as er models list has it, or wrn-D-K")
  .option("--batch <n>", "images a step", "32")
  .option("--classes <n>", "classes of its head (10 for small images, else 1000)")
  .option("--image-size <n>", "height and width of the images (32 or 224)")
  .option("--json", "print the result as JSON")
  .action((name: string, { batch, classes, imageSize, ...options }: InfoArguments) => {
    const defaults = defaultsOf(name);
    const found = modelInfo(name, {
      batch: wholeNumber("--batch", batch),
      classes: classes === undefined ? defaults.classes : wholeNumber("--classes", classes),
      imageSize: imageSize === undefined ? defaults.imageSize : wholeNumber("--image-size", imageSize),
    });
    const { layers, training, evaluation } = found;
    new Output(options).answer(
      found,
      [
        table(
          ["layer", "output", "parameters", "multiply-adds"],
          layers.map(({ name, output, parameters, multiplyAdds }) => [
            name,
            output.slice(1).join("×"),
            String(parameters),
            millions(multiplyAdds),
          ]),
        ),
        "",
        `${found.parameters} parameters, ${found.buffers} values of running statistics, ${millions(found.multiplyAdds)} million multiply-adds for an image`,
        `a training step of ${found.batch} images: ${mebibytes(training.activations)} MiB of activations and workspace, ${mebibytes(training.state)} MiB of parameters, gradients, velocities and state`,
        `evaluation of ${found.batch} images: ${mebibytes(evaluation.activations)} and ${mebibytes(evaluation.state)} MiB`,
      ].join("\n"),
    );
  });

export const models = new Command("models").description("the architectures").addCommand(list).addCommand(info);

const millions = (value: number) => (value / 1e6).toFixed(value < 1e6 ? 3 : 1);
const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
