// er testbed list: the built-in testbeds.
import { defaultRule, describeNamedTestbed, namedTestbed, selectModels, TESTBED_NAMES } from "@er/metrics";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";
import { table, wrapped } from "../table.js";

export const testbedList = new Command("list")
  .description("the built-in testbeds, their sizes, kinds of models and sources")
  .option("--json", "print the result as JSON")
  .action((options: OutputOptions) => {
    const testbeds = TESTBED_NAMES.map((name) => {
      const models = namedTestbed(name);
      const kinds: Record<string, number> = {};
      for (const { kind = "no kind" } of models) kinds[kind] = (kinds[kind] ?? 0) + 1;
      const rule = defaultRule(models);
      const { missing, ...description } = describeNamedTestbed(name);
      return {
        ...description,
        models: models.length,
        missing: missing.length,
        rule,
        inFit: selectModels(models, rule, description).models.length,
        kinds,
      };
    });
    new Output(options).answer(
      testbeds,
      [
        table(
          ["name", "ID split (n)", "models", "missing", "in fit", "rule"],
          testbeds.map(({ name, id, models, missing, inFit, rule }) => [
            name,
            `${id.split} (${id.n})`,
            String(models),
            String(missing),
            String(inFit),
            rule,
          ]),
        ),
        ...testbeds.map(({ name, ood, kinds, source }) =>
          [
            `\n${name}`,
            `OOD split ${ood.split} (${ood.n})`,
            wrapped(
              Object.entries(kinds)
                .map(([kind, n]) => `${n} ${kind}`)
                .join(", "),
            ),
            source,
          ].join("\n"),
        ),
      ].join("\n"),
    );
  });
