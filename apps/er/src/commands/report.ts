// er report: one or several recorded runs as a page, with its figures beside it.
import { join } from "node:path";
import { loadStudy, type Progress, writeReport } from "@er/experiment";
import { answer } from "@er/report";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";
import { wrapped } from "../table.js";
import { addTrajectoryOptions, type TrajectoryArguments, trajectoryOptionsOf } from "../trajectory-options.js";

interface ReportArguments extends OutputOptions, TrajectoryArguments {
  out?: string;
  title?: string;
  examples: boolean;
}

export const report = addTrajectoryOptions(
  new Command("report")
    .description("the report of one or several runs: one HTML file, and its figures as SVG, PNG and CSV beside it")
    .argument("<runs...>", "directories of er train; those that differ in the seed alone are shown as one group"),
)
  .option("--out <file.html>", "the page (of one run: report.html in its directory; of several: report.html here)")
  .option("--title <text>", "what the report is called")
  .option("--no-examples", "leave out what is found example by example, for which predictions and images are read")
  .option("--json", "print what was written and the answers as JSON")
  .option("--quiet", "no log")
  .action(async (directories: string[], options: ReportArguments) => {
    const output = new Output(options);
    const { title, examples, out, json: _json, quiet: _quiet, ...rest } = options;
    const study = await loadStudy(directories, {
      ...trajectoryOptionsOf(rest),
      ...(title !== undefined && { title }),
      examples,
      onProgress: (progress: Progress) => {
        if (progress.kind === "message") output.log(progress.text);
        if (progress.kind === "warning") output.warn(`warning: ${progress.text}`);
      },
    });
    const page = out ?? (directories.length === 1 ? join(directories[0]!, "report.html") : "report.html");
    const figures = await writeReport(page, study);
    const answers = study.oodSplits.flatMap((split) =>
      study.groups.map((group) => ({ split, group: group.name, answer: answer(study, group, split) })),
    );
    const many = study.groups.length > 1;
    output.answer(
      { page, figures, title: study.title, answers },
      [
        ...answers.map(({ group, answer }) => wrapped(many ? `${group}: ${answer}` : answer)),
        `${page} holds the report, ${figures} its figures (SVG, PNG, CSV)`,
      ].join("\n\n"),
    );
  });
