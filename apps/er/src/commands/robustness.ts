// er robustness: effective robustness of one model from its two accuracies.
import { effectiveRobustness, fitBaseline } from "@er/metrics";
import { Command } from "commander";
import { accuracy } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { addTestbedOptions, type TestbedArguments, testbedOf } from "../testbed-options.js";

interface RobustnessOptions extends OutputOptions, Omit<TestbedArguments, "id" | "ood"> {
  /** Accuracies, not columns: the columns have options of their own here. */
  id: string;
  ood: string;
  idColumn?: string;
  oodColumn?: string;
}

export const robustness = addTestbedOptions(
  new Command("robustness").description("how far a model stands above a testbed's line, with a 95 % interval"),
  { id: "--id-column", ood: "--ood-column" },
)
  .requiredOption(
    "--id <accuracy>",
    "accuracy in distribution: a fraction, or correct/n for an interval that counts its error",
  )
  .requiredOption("--ood <accuracy>", "accuracy out of distribution, likewise")
  .option("--json", "print the result as JSON")
  .action(async (options: RobustnessOptions) => {
    const columns = {
      ...(options.idColumn !== undefined && { id: options.idColumn }),
      ...(options.oodColumn !== undefined && { ood: options.oodColumn }),
    };
    const baseline = fitBaseline(await testbedOf({ testbed: options.testbed, labels: options.labels, ...columns }));
    const result = effectiveRobustness(baseline, accuracy("--id", options.id), accuracy("--ood", options.ood));
    const points = (fraction: number) => (100 * fraction).toFixed(2);
    const notes = [
      ...(result.extrapolated ? ["the ID accuracy lies outside the testbed's range: extrapolated"] : []),
      ...(result.uncounted.length > 0
        ? [`no count given for ${result.uncounted.join(" and ")}: the interval leaves out its sampling error`]
        : []),
    ];
    new Output(options).answer(
      { ...result, testbed_models: baseline.n },
      [
        `effective robustness ${points(result.er)} points, 95 % interval ${points(result.low)} to ${points(result.high)}`,
        `predicted OOD accuracy ${points(result.predicted)} %, from ${baseline.n} models`,
        ...notes,
      ].join("\n"),
    );
  });
