// er compare: two recorded runs, where they are equally accurate in distribution.
import { describeSelection, recordedTrajectories } from "@er/experiment";
import { commonAccuracies, erTrajectory, type MatchedAccuracy, matchedAccuracies } from "@er/metrics";
import { erByAccuracyFigure, ungrouped } from "@er/report";
import { Command } from "commander";
import { addFigureOptions, type FigureArguments } from "../figure-options.js";
import { correctionLines } from "../fit-text.js";
import { accuracy } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { studyFigureWriter } from "../study-figure.js";
import { table, wrapped } from "../table.js";
import { addTrajectoryOptions, type TrajectoryArguments, trajectoryOptionsOf } from "../trajectory-options.js";
import { between, endText, extrapolationLines, peakText, percent, points } from "../trajectory-text.js";

interface CompareOptions extends OutputOptions, TrajectoryArguments, FigureArguments {
  at: string[];
}

/** How many ID accuracies are compared where none are given. */
const COUNT = 5;

export const compare = addFigureOptions(
  addTrajectoryOptions(
    new Command("compare")
      .description("peaks and ends of two runs, and their ER where they first reach the same ID accuracy")
      .argument("<a>", "a directory of er train")
      .argument("<b>", "another"),
  ),
  "ER of both against ID accuracy",
)
  .option(
    "--at <accuracy>",
    `an ID accuracy to compare at, a fraction; repeatable (${COUNT} in the range that both climb through)`,
    (value, all: string[]) => [...all, value],
    [],
  )
  .option("--json", "print the result as JSON")
  .action(async (a: string, b: string, { json, at, ...options }: CompareOptions) => {
    const output = new Output({ json: json ?? false });
    const draw = studyFigureWriter([a, b], options, output);
    const recorded = await recordedTrajectories([a, b], trajectoryOptionsOf(options));
    const given = at.map((text) => accuracy("--at", text).accuracy);
    const splits = recorded.map(({ ood, id, baseline, selection, runs, caveats }) => {
      const [first, second] = [runs[0]!, runs[1]!];
      const accIds = given.length > 0 ? given : commonAccuracies(baseline, first, second, COUNT);
      const matched = matchedAccuracies(baseline, first, second, accIds);
      const both = runs.map((run) => erTrajectory(baseline, run));
      const { choice, leftOut } = selection;
      return {
        value: { ood, id, matched, runs: both, baseline, choice, leftOut, caveats },
        text: [
          `${ood} against ${id}; A: ${a}, B: ${b}`,
          ...both.flatMap(({ peak, end, extrapolated, steps }, i) => [
            wrapped(`${"AB"[i]}: ${peakText(peak, { ...runs[i]!, caveats })}`),
            wrapped(`${"AB"[i]}: ${endText(end, { ...runs[i]!, caveats })}`),
            ...extrapolationLines(extrapolated, steps.length, baseline.idRange).map((line) =>
              wrapped(`${"AB"[i]}: ${line}`),
            ),
          ]),
          matched.length === 0 ? "there is no ID accuracy that both climb through" : matchedTable(matched),
          wrapped(
            "points at the first time that each run reaches the ID accuracy, with 95 % intervals; *: significant",
          ),
          ...[describeSelection(selection), ...correctionLines(baseline.corrections)].map(wrapped),
        ].join("\n"),
      };
    });
    await draw((study, split) => erByAccuracyFigure(ungrouped(study), split));
    output.answer(
      splits.map(({ value }) => value),
      splits.map(({ text }) => text).join("\n\n"),
    );
  });

function matchedTable(matched: readonly MatchedAccuracy[]): string {
  const cells = (run: MatchedAccuracy["a"]) =>
    run === undefined ? ["–", "not climbed to"] : [run.step.toFixed(1), `${points(run.er)} [${between(run)}]`];
  return table(
    ["ID, %", "A: step", "ER", "B: step", "ER", "A less B", ""],
    matched.map(({ accId, a, b, difference, extrapolated }) => [
      percent(accId),
      ...cells(a),
      ...cells(b),
      difference === undefined
        ? "–"
        : `${points(difference.value)} [${between(difference)}]${difference.significant ? "*" : " "}`,
      extrapolated ? "†" : "",
    ]),
  ).concat(matched.some(({ extrapolated }) => extrapolated) ? "\n†: outside the testbed's range, extrapolated" : "");
}
