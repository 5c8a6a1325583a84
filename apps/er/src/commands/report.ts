// er report: one or several recorded runs as a page, with its figures beside it.
import { join } from "node:path";
import { InputError } from "@er/engine";
import { loadStudy, type Progress, type StudyOptions, serveReport, writeReportTo } from "@er/experiment";
import { answer } from "@er/report";
import { Command } from "commander";
import { portNumber } from "../numbers.js";
import { Output, type OutputOptions } from "../output.js";
import { onStop } from "../stop-signals.js";
import { wrapped } from "../table.js";
import { addTrajectoryOptions, type TrajectoryArguments, trajectoryOptionsOf } from "../trajectory-options.js";

interface ReportArguments extends OutputOptions, TrajectoryArguments {
  out?: string;
  title?: string;
  examples: boolean;
  serve?: boolean;
  port?: string;
}

export const report = addTrajectoryOptions(
  new Command("report")
    .description("the report of one or several runs: one HTML file, and its figures as SVG, PNG and CSV beside it")
    .argument("<runs...>", "directories of er train; those that differ in the seed alone are shown as one group"),
)
  .option("--out <file.html>", "the page (of one run: report.html in its directory; of several: report.html here)")
  .option("--title <text>", "what the report is called")
  .option("--no-examples", "leave out what is found example by example, for which predictions and images are read")
  .option("--serve", "write nothing; show the report in a browser on this machine and follow the runs, until Ctrl-C")
  .option("--port <n>", "of --serve (a free one)")
  .option("--json", "print what was written and the answers as JSON")
  .option("--quiet", "no log")
  .action(async (directories: string[], options: ReportArguments) => {
    const output = new Output(options);
    const { title, examples, out, serve = false, port, json: _json, quiet: _quiet, ...rest } = options;
    const studyOptions: StudyOptions = {
      ...trajectoryOptionsOf(rest),
      ...(title !== undefined && { title }),
      examples,
      onProgress: (progress: Progress) => {
        if (progress.kind === "message") output.log(progress.text);
        if (progress.kind === "warning") output.warn(`warning: ${progress.text}`);
      },
    };
    if (serve) {
      if (out !== undefined) throw new InputError("--out: --serve writes nothing; leave one of them out");
      await serveUntilStopped(directories, studyOptions, port, output);
      return;
    }
    if (port !== undefined) throw new InputError("--port: of --serve alone; give that too, or leave it out");
    if (out !== undefined && !/\.html?$/i.test(out)) {
      throw new InputError(`--out ${out}: a report is one HTML page; end its name in .html`);
    }
    const study = await loadStudy(directories, studyOptions);
    const page = out ?? (directories.length === 1 ? join(directories[0]!, "report.html") : "report.html");
    const figures = await writeReportTo(page, study, studyOptions);
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

/** Ctrl-C is how it is meant to end, so it ends in exit code 0. */
async function serveUntilStopped(
  directories: readonly string[],
  options: StudyOptions,
  port: string | undefined,
  output: Output,
): Promise<void> {
  const server = await serveReport(directories, {
    ...options,
    ...(port !== undefined && { port: portNumber("--port", port) }),
  });
  onStop(server.close);
  output.answer({ address: server.address }, `the report is at ${server.address} and follows its runs; Ctrl-C ends it`);
  await server.closed;
}
