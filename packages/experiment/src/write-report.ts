// A study as files: the page, and beside it every figure as SVG and PNG with its data as CSV.
import { basename, dirname, join } from "node:path";
import { allFigures, figureCsv, renderPng, renderSvg, reportHtml, type Study } from "@er/report";
import { RunRecord } from "./record.js";

/**
 * Writes a report.
 *
 * @param page the HTML file; figures go into `figures/` beside a report.html, else into a folder called as the page
 * @returns the folder of the figures
 */
export async function writeReport(page: string, study: Study): Promise<string> {
  const record = new RunRecord(dirname(page));
  const file = basename(page);
  const folder = file === "report.html" ? "figures" : `${file.replace(/\.html?$/, "")}-figures`;
  const html = await reportHtml(study);
  for (const figure of allFigures(study)) {
    const svg = await renderSvg(figure.spec({ theme: "light", width: 680 }));
    const stem = join(folder, figure.name);
    await record.write(`${stem}.svg`, svg);
    await record.write(`${stem}.png`, await renderPng(svg));
    await record.write(`${stem}.csv`, figureCsv(figure));
  }
  await record.write(file, html);
  return record.path(folder);
}
