// er trajectory: effective robustness along recorded runs of one setting.
import { describeSelection, type RecordedTrajectories, recordedTrajectories } from "@er/experiment";
import { erTrajectory, type MeanTrajectory, meanTrajectory } from "@er/metrics";
import { erByStepFigure } from "@er/report";
import { Command } from "commander";
import { addFigureOptions, type FigureArguments } from "../figure-options.js";
import { correctionLines } from "../fit-text.js";
import { Output, type OutputOptions } from "../output.js";
import { studyFigureWriter } from "../study-figure.js";
import { table, wrapped } from "../table.js";
import { addTrajectoryOptions, type TrajectoryArguments, trajectoryOptionsOf } from "../trajectory-options.js";
import { between, endText, extrapolationLines, type Going, peakText, percent, points } from "../trajectory-text.js";

export const trajectory = addFigureOptions(
  addTrajectoryOptions(
    new Command("trajectory")
      .description("ER along one or several runs of a setting (seeds): mean and spread at each step, peak, end")
      .argument("<runs...>", "directories of er train or er interpolate"),
  ),
  "ER by step with its 95 % band",
)
  .option("--json", "print the result as JSON")
  .action(
    async (directories: string[], { json, ...options }: OutputOptions & TrajectoryArguments & FigureArguments) => {
      const output = new Output({ json: json ?? false });
      const draw = studyFigureWriter(directories, options, output);
      const recorded = await recordedTrajectories(directories, trajectoryOptionsOf(options));
      const splits = recorded.map((split) => {
        const { ood, id, baseline, selection, runs, caveats } = split;
        const { choice, leftOut } = selection;
        const mean = meanTrajectory(baseline, runs);
        const going = { along: runs[0]!.along, caveats };
        const each = runs.map((run) => erTrajectory(baseline, run));
        return {
          value: { ood, id, mean, runs: each, baseline, choice, leftOut, caveats },
          text: [
            `${ood} against ${id}`,
            bandTable(mean, going),
            ...(runs.length > 1
              ? [
                  wrapped(`mean of ${runs.length} runs: ${peakText(mean.peak, going)}`),
                  wrapped(`mean of ${runs.length} runs: ${endText(mean.end, going)}`),
                ]
              : []),
            ...each.flatMap(({ run, peak, end, extrapolated, steps }) => [
              wrapped(`${run}: ${peakText(peak, going)}`),
              wrapped(`${run}: ${endText(end, going)}`),
              ...extrapolationLines(extrapolated, steps.length, baseline.idRange).map((line) =>
                wrapped(`${run}: ${line}`),
              ),
            ]),
            ...baselineLines(split),
          ].join("\n"),
        };
      });
      await draw(erByStepFigure);
      output.answer(
        splits.map(({ value }) => value),
        splits.map(({ text }) => text).join("\n\n"),
      );
    },
  );

function bandTable({ steps }: MeanTrajectory, { along }: Going): string {
  const interpolated = along === "interpolation";
  const several = steps.some(({ runs }) => runs > 1);
  return table(
    [
      interpolated ? "α" : "step",
      "ID, %",
      "ER",
      "95 % interval",
      ...(several ? ["runs", "SE", "runs drawn again"] : []),
      "",
    ],
    steps.map(({ step, accId, er, low, high, runs, standardError, bootstrap, extrapolated }) => [
      String(interpolated ? step / 100 : step),
      percent(accId),
      points(er),
      between({ low, high }),
      ...(several
        ? [
            String(runs),
            standardError === undefined ? "–" : (100 * standardError).toFixed(2),
            bootstrap === undefined ? "–" : between(bootstrap),
          ]
        : []),
      extrapolated ? "extrapolated" : "",
    ]),
  );
}

function baselineLines({ baseline, selection }: RecordedTrajectories): string[] {
  return [describeSelection(selection), ...correctionLines(baseline.corrections)].map(wrapped);
}
