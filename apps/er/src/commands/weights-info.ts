// er weights info: what a file of weights holds, whichever container it is.
import { printable } from "@er/errors";
import { describeWeights, type WeightsSummary } from "@er/experiment";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";
import { table } from "../table.js";

interface InfoOptions extends OutputOptions {
  tensors?: boolean;
}

export const weightsInfo = new Command("info")
  .description("container, tensors, element types and size of a file of weights; nothing in it is executed")
  .argument("<file>", "safetensors, torch (.pth, .pt, .th, .bin …), TorchScript or .npz, known by its content")
  .option("--tensors", "a line for each tensor too")
  .option("--json", "print the result as JSON, tensors included")
  .action(async (file: string, { tensors, ...options }: InfoOptions) => {
    const summary = await describeWeights(file);
    const lines = tensors === true ? [listed(summary), "", headline(summary)] : [headline(summary)];
    new Output(options).answer(summary, lines.join("\n"));
  });

function listed({ tensors }: WeightsSummary): string {
  return table(
    ["tensor", "type", "shape", "bytes"],
    tensors.map(({ name, dtype, shape, bytes }) => [name, dtype, `[${shape.join(", ")}]`, String(bytes)]),
  );
}

function headline(summary: WeightsSummary): string {
  const { file, container, wrapper, prefix, leftOut, foreign, tensors, elements, bytes, fileBytes, dtypes, metadata } =
    summary;
  const types = Object.entries(dtypes).map(([dtype, count]) => `${count} ${dtype}`);
  const keys = Object.keys(metadata);
  return [
    `${file}: ${container}, ${(fileBytes / 2 ** 20).toFixed(1)} MiB`,
    `${tensors.length} tensors (${types.join(", ")}), ${elements} elements, ${(bytes / 2 ** 20).toFixed(1)} MiB written out`,
    ...(wrapper === null ? [] : [`the state dict lies under "${wrapper}"`]),
    ...(prefix === null ? [] : [`names begin with "${prefix}", which is left off`]),
    ...(leftOut.length === 0 ? [] : [`left out, as no tensors of a model: ${few(leftOut)}`]),
    ...(foreign.length === 0
      ? []
      : [`objects of other code stand as placeholders, nothing of it was run: ${few(foreign)}`]),
    ...(keys.length === 0 ? [] : [`metadata: ${few(keys)}`]),
  ]
    .map((line) => printable(line))
    .join("\n");
}

/** The first of some names. */
function few(names: readonly string[]): string {
  const more = names.length > 8 ? ` and ${names.length - 8} more` : "";
  return `${names.slice(0, 8).join(", ")}${more}`;
}
