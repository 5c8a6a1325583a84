// A study as files: the page, and beside it every figure as SVG and PNG with its data as CSV.
import { basename, dirname, join } from "node:path";
import { lockDirectory, makeDirectory, writeFile } from "@er/files";
import { allFigures, figureCsv, renderPng, renderSvg, reportHtml, type Study } from "@er/report";
import { OpenRecord } from "./open-record.js";
import { type Watch, warn } from "./progress.js";
import { RunRecord } from "./record.js";
import { RUN } from "./run-kind.js";

/** Where the files of a report go, by names with "/" between their parts. */
interface Destination {
  write(file: string, contents: string | Uint8Array): Promise<void>;
}

/**
 * Writes a report.
 *
 * @param page the HTML file's name; figures go into `figures/` beside a report.html, else into a folder called as the page
 * @returns the name of the figures' folder
 */
export async function writeReport(destination: Destination, page: string, study: Study): Promise<string> {
  const folder = page === "report.html" ? "figures" : `${page.replace(/\.html?$/, "")}-figures`;
  const html = await reportHtml(study);
  for (const figure of allFigures(study)) {
    const svg = await renderSvg(figure.spec({ theme: "light", width: 680 }));
    const stem = `${folder}/${figure.name}`;
    await destination.write(`${stem}.svg`, svg);
    await destination.write(`${stem}.png`, await renderPng(svg));
    await destination.write(`${stem}.csv`, figureCsv(figure));
  }
  await destination.write(page, html);
  return folder;
}

/**
 * Writes a report where a path says; in a run's directory its files become part of the run's record.
 *
 * @param page the HTML file
 * @returns the folder of the figures
 * @throws InputError where somebody else writes in that directory
 */
export async function writeReportTo(page: string, study: Study, watch: Watch): Promise<string> {
  const directory = dirname(page);
  const options = { command: "er report", onTakeOver: (text: string) => warn(watch, text) };
  if ((await new RunRecord(directory).inventory())?.format === RUN.format) {
    const record = await OpenRecord.lock(directory, RUN, options);
    try {
      await record.goOn();
      return join(directory, await writeReport(record, basename(page), study));
    } finally {
      await record.close();
    }
  }
  const lock = await lockDirectory(directory, options);
  try {
    return join(directory, await writeReport(plainFiles(directory), basename(page), study));
  } finally {
    await lock.release();
  }
}

function plainFiles(directory: string): Destination {
  return {
    write: async (file, contents) => {
      const path = join(directory, file);
      await makeDirectory(dirname(path));
      await writeFile(path, contents);
    },
  };
}
