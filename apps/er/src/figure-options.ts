// The options that ask for a figure of what a command finds, for every command that has one.
import { InputError } from "@er/engine";
import { checkFigureFile, writeFigure } from "@er/experiment";
import type { Figure, FigureStyle } from "@er/report";
import type { Command } from "commander";
import type { Output } from "./output.js";

export interface FigureArguments {
  figure: string[];
  theme: string;
}

/** Width of a figure in pixels, as in a report. */
const WIDTH = 680;

/** @param shows what the figure is, for its help */
export function addFigureOptions(command: Command, shows: string): Command {
  return command
    .option(
      "--figure <file>",
      `${shows}, as FILE.svg, FILE.png, or its data as FILE.csv; repeatable`,
      (value, all: string[]) => [...all, value],
      [],
    )
    .option("--theme <name>", "of the figure: light, or dark for a dark page", "light");
}

/**
 * What draws a command's figure into the files asked for, and says so; made before what it shows is computed.
 *
 * @throws InputError for an option that is none
 */
export function figureWriter(
  { figure: files, theme }: FigureArguments,
  output: Output,
): (figure: () => Figure) => Promise<void> {
  if (theme !== "light" && theme !== "dark") {
    throw new InputError(`--theme ${theme}: expected light or dark`);
  }
  for (const file of files) {
    checkFigureFile(file);
  }
  const style: FigureStyle = { theme, width: WIDTH };
  return async (figure) => {
    if (files.length === 0) {
      return;
    }
    const drawn = figure();
    for (const file of files) {
      await writeFigure(file, drawn, style);
      output.log(`${file} holds the figure`);
    }
  };
}
