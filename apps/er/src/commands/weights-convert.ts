// er weights convert: a file of weights into another container.
import { printable } from "@er/errors";
import { convertWeights } from "@er/experiment";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";
import { onStop } from "../stop-signals.js";

interface ConvertOptions extends OutputOptions {
  model?: string;
  overwrite?: boolean;
}

export const weightsConvert = new Command("convert")
  .description("write weights into another container, bit for bit: .safetensors, .pth or .pt (torch.save), .npz")
  .argument("<in>", "safetensors, torch (.pth, .pt, .th, .bin …), TorchScript or .npz, known by its content")
  .argument("<out>", "the file to write; its ending says the container")
  .option("--model <name>", "check names and shapes against a model; BiT's .npz gets PyTorch's names and layouts")
  .option("--overwrite", "replace the file where it is there already")
  .option("--quiet", "no progress")
  .option("--json", "print the result as JSON")
  .action(async (input: string, out: string, { model, overwrite, ...options }: ConvertOptions) => {
    const output = new Output(options);
    const stop = new AbortController();
    const forget = onStop(() => stop.abort(new Error(`stopped; ${out} was not written`)));
    try {
      const converted = await convertWeights(input, out, {
        overwrite: overwrite ?? false,
        ...(model !== undefined && { model }),
        signal: stop.signal,
        onTensor: (done, total, name) => output.progress("convert", done, total, name),
      });
      output.answer(
        { in: input, out, ...converted },
        [
          `${out}: ${converted.tensors} tensors, ${(converted.bytes / 2 ** 20).toFixed(1)} MiB, from ${converted.container}`,
          ...converted.notes.map((note) => printable(note)),
        ].join("\n"),
      );
    } finally {
      output.endProgress();
      forget();
    }
  });
