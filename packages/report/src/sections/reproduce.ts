// How it was made: command, adapter, checksums of the data, configuration and manifest of every run.

import { escapeHtml } from "../escape-html.js";
import { runsOf, type Study } from "../study.js";

/** One run in full; of several runs each folded away under its name. */
export function reproduceSection(study: Study): string {
  const runs = runsOf(study);
  const commands = runs.map(({ report }) => escapeHtml(report.command)).join("\n");
  const details = runs.map(({ name, report }) => {
    const whole = `<h3>Configuration</h3>\n<pre>${json(report.config)}</pre>\n<h3>Manifest: versions, adapter, checksums of the data</h3>\n<pre>${json(report.manifest)}</pre>`;
    return runs.length === 1 ? whole : `<details><summary>${escapeHtml(name)}</summary>\n${whole}\n</details>`;
  });
  return `<h2>To make it again</h2>\n<pre>${commands}</pre>\n${details.join("\n")}`;
}

function json(value: unknown): string {
  return escapeHtml(JSON.stringify(value, undefined, 2) ?? "");
}
