// er weights info: what a file of weights holds, whichever container it is.
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
  const { file, container, wrapper, tensors, elements, bytes, fileBytes, dtypes, metadata } = summary;
  const types = Object.entries(dtypes).map(([dtype, count]) => `${count} ${dtype}`);
  const keys = Object.keys(metadata);
  return [
    `${file}: ${container}, ${(fileBytes / 2 ** 20).toFixed(1)} MiB`,
    `${tensors.length} tensors (${types.join(", ")}), ${elements} elements, ${(bytes / 2 ** 20).toFixed(1)} MiB written out`,
    ...(wrapper === null ? [] : [`the state dict lies under "${wrapper}"`]),
    ...(keys.length === 0 ? [] : [`metadata: ${keys.join(", ")}`]),
  ].join("\n");
}
