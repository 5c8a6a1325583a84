// One figure as a file of the form that its name asks for. A whole report's figures are in write-report.ts.
import { extname } from "node:path";
import { InputError } from "@er/engine";
import { writeFile } from "@er/files";
import { type Figure, type FigureStyle, figureCsv, renderPng, renderSvg } from "@er/report";

const ENDINGS = [".svg", ".png", ".csv"] as const;
type Ending = (typeof ENDINGS)[number];

/**
 * Checks where a figure is to go, before what it shows is computed.
 *
 * @throws InputError for a name that ends in none of .svg, .png and .csv
 */
export function checkFigureFile(file: string): void {
  endingOf(file);
}

/**
 * Writes a figure: .svg and .png are drawn, .csv holds the data that are drawn, unrounded.
 *
 * @throws InputError as {@link checkFigureFile}
 */
export async function writeFigure(file: string, figure: Figure, style: FigureStyle): Promise<void> {
  await writeFile(file, await contentsOf(figure, endingOf(file), style));
}

async function contentsOf(figure: Figure, ending: Ending, style: FigureStyle): Promise<string | Buffer> {
  if (ending === ".csv") {
    return figureCsv(figure);
  }
  const svg = await renderSvg(figure.spec(style));
  return ending === ".svg" ? svg : Buffer.from(await renderPng(svg));
}

function endingOf(file: string): Ending {
  const ending = ENDINGS.find((each) => each === extname(file).toLowerCase());
  if (ending === undefined) {
    throw new InputError(`${file}: a figure is drawn as ${ENDINGS.join(", ")}; end its name in one of them`);
  }
  return ending;
}
