// The figures and the page of a finished run.
import { accuracyFigure, type RunReport, renderSvg, reportHtml } from "@er/report";
import type { RunRecord } from "./record.js";

export async function writeReport(record: RunRecord, report: RunReport): Promise<void> {
  for (const ood of report.oodSplits) {
    const figure = accuracyFigure(report, ood, { theme: "light", width: 680 });
    await record.write(`figures/${ood}.svg`, await renderSvg(figure));
  }
  await record.write("report.html", await reportHtml(report));
}
