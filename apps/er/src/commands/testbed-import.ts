// er testbed import: a testbed of others, or a directory of predictions, as one CSV of our own form.
import { InputError } from "@er/engine";
import { loadTestbed } from "@er/experiment";
import { writeFile } from "@er/files";
import { testbedCsv } from "@er/metrics";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";
import { addColumnOptions, type ColumnArguments, columnsOf, TESTBED_SOURCES } from "../testbed-options.js";

interface ImportOptions extends OutputOptions, ColumnArguments {
  out: string;
}

export const testbedImport = addColumnOptions(
  new Command("import")
    .description("write a testbed as CSV with columns model, kind, id, ood, n_id, n_ood, val: fractions, nothing lost")
    .argument("<testbed>", TESTBED_SOURCES)
    .requiredOption("--out <file.csv>", "the CSV to write; --testbed reads it without further options"),
)
  .option("--json", "print the result as JSON")
  .action(async (source: string, { out, json, ...options }: ImportOptions) => {
    if (!out.endsWith(".csv")) {
      throw new InputError(`--out ${out}: expected a name that ends in .csv, which --testbed goes by`);
    }
    const { models, missing } = await loadTestbed(source, columnsOf(options));
    await writeFile(out, testbedCsv(models));
    const uncounted = models.filter(({ id, ood }) => id.n === undefined || ood.n === undefined).length;
    new Output({ json: json ?? false }).answer(
      { out, models: models.length, missing, uncounted },
      [
        `${out} holds ${models.length} models; left out for want of an evaluation: ${missing.length}`,
        ...(uncounted === 0 ? [] : [`${uncounted} of them without n; give --n-id and --n-ood where they are known`]),
        `their line: er fit --testbed ${out}`,
      ].join("\n"),
    );
  });
