// er fit: the line of a testbed.
import { fitBaseline } from "@er/metrics";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";
import { addTestbedOptions, type TestbedArguments, testbedOf } from "../testbed-options.js";

export const fit = addTestbedOptions(
  new Command("fit").description(
    "fit logit(OOD accuracy) on logit(ID accuracy) over a testbed, as scipy.stats.linregress",
  ),
)
  .option("--json", "print the result as JSON")
  .action(async (options: TestbedArguments & OutputOptions) => {
    const { models, ...line } = fitBaseline(await testbedOf(options));
    const [low, high] = line.idRange;
    new Output(options).answer(
      { ...line, models },
      [
        `logit(OOD) = ${line.intercept.toFixed(4)} + ${line.slope.toFixed(4)} · logit(ID)`,
        `n = ${line.n} models, r = ${line.r.toFixed(4)}, standard error of the slope ${line.stderr.toFixed(4)}, of the intercept ${line.intercept_stderr.toFixed(4)}`,
        `ID accuracy from ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %`,
      ].join("\n"),
    );
  });
