// The figure of recorded runs, for the commands that look at them.
import { InputError } from "@er/engine";
import { loadStudy } from "@er/experiment";
import type { Figure, Study } from "@er/report";
import { type FigureArguments, figureWriter } from "./figure-options.js";
import type { Output } from "./output.js";
import { type TrajectoryArguments, trajectoryOptionsOf } from "./trajectory-options.js";

/**
 * What draws runs as `figureWriter` does.
 *
 * @throws InputError for an option that is none; when it draws, for runs that have several OOD splits with a baseline
 */
export function studyFigureWriter(
  directories: readonly string[],
  options: TrajectoryArguments & FigureArguments,
  output: Output,
): (figure: (study: Study, oodSplit: string) => Figure) => Promise<void> {
  const draw = figureWriter(options, output);
  return async (figure) => {
    if (options.figure.length === 0) {
      return;
    }
    const study = await loadStudy(directories, { ...trajectoryOptionsOf(options), examples: false });
    const [split, ...others] = Object.keys(study.baseline);
    if (split === undefined || others.length > 0) {
      throw new InputError(
        `--figure ${options.figure[0]}: is of one OOD split; choose it with --split out of ${[split, ...others].join(", ")}`,
      );
    }
    await draw(() => figure(study, split));
  };
}
