// er weights list: published weights by name, and which are here.
import { join } from "node:path";
import { weightsDirectory } from "@er/experiment";
import { type Checksum, describeCheck, exists, fileName, megabytes, WEIGHTS } from "@er/hub";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";
import { table } from "../table.js";

export const weightsList = new Command("list")
  .description("published weights: name, model, size, accuracy, licence, and whether they are in the cache")
  .option("--json", "print the result as JSON")
  .action(async (options: OutputOptions) => {
    const directory = weightsDirectory();
    const weights = await Promise.all(
      WEIGHTS.map(async (entry) => {
        const path = join(directory, fileName(entry));
        return { ...entry, check: describeCheck(entry), ...((await exists(path)) && { path }) };
      }),
    );
    new Output(options).answer(
      weights,
      [
        table(
          ["name", "model", "size", "top-1", "licence", "checksum", "here"],
          weights.map(({ name, model, size, accuracy, licence, checksum, path }) => [
            name,
            model,
            size === undefined ? "" : megabytes(size.bytes),
            accuracy === undefined ? "" : `${(100 * accuracy.top1).toFixed(2)} %`,
            licence,
            checksum === undefined ? "none" : shortCheck(checksum),
            path === undefined ? "" : "yes",
          ]),
        ),
        "",
        "top-1 accuracy as published, of resnet20, 32, 44, 56 and 110 on CIFAR-10's test set, of the others",
        "on ILSVRC-2012's validation set; beside a checksum, how many of its digits are published.",
        "er weights get NAME fetches one, for weights:NAME in a run's init and in er eval --weights",
      ].join("\n"),
    );
  });

const shortCheck = ({ algorithm, digits }: Checksum) =>
  algorithm === "sha256" && digits.length < 64 ? `${algorithm}, ${digits.length}` : algorithm;
