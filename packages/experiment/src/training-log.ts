// training.jsonl: a line a progress report, appended as the training goes. A run that goes on from a checkpoint cuts it there
// first, so no step is in it twice.
import { InputError } from "@er/engine";
import { z } from "zod";
import { type Cursor, isPast } from "./checkpoint.js";
import { parseJson, type RunRecord } from "./record.js";

const FILE = "training.jsonl";

const reportSchema = z.object({
  phase: z.enum(["pretrain", "probe", "train"]),
  step: z.number(),
  /** seconds since 1970 */
  time: z.number(),
  /** mean over the steps since the report before, nats */
  loss: z.number(),
  learningRate: z.number(),
  imagesPerSecond: z.number(),
  /** steps of the phase so far that mixed precision skipped; absent in f32 */
  skipped: z.number().optional(),
});

/** A line of training.jsonl. */
export type TrainingReport = z.infer<typeof reportSchema>;

export async function appendReport(record: RunRecord, report: TrainingReport): Promise<void> {
  await record.append(FILE, `${JSON.stringify(report)}\n`);
}

/**
 * Leaves the reports of what a checkpoint holds, and nothing after.
 *
 * @param cursor where the run stands; undefined for one that begins
 * @returns the reports that stay
 */
export async function cutReports(record: RunRecord, cursor: Cursor | undefined): Promise<TrainingReport[]> {
  const kept = cursor === undefined ? [] : (await readReports(record)).filter((report) => isDone(report, cursor));
  await record.write(FILE, kept.map((report) => `${JSON.stringify(report)}\n`).join(""));
  return kept;
}

function isDone({ phase, step }: TrainingReport, cursor: Cursor): boolean {
  return phase === cursor.phase ? step <= cursor.step : isPast(cursor, phase);
}

/**
 * The report that was written last.
 *
 * @returns undefined where nothing was trained yet
 * @throws InputError for a line that is no report
 */
export async function lastReport(record: RunRecord): Promise<TrainingReport | undefined> {
  const lines = await readLines(record);
  const line = lines.at(-1);
  return line === undefined ? undefined : parseReport(record, line, lines.length);
}

async function readReports(record: RunRecord): Promise<TrainingReport[]> {
  return (await readLines(record)).map((line, i) => parseReport(record, line, i + 1));
}

/** What follows the last line's end is nothing, or a line that was cut short when the run was killed. */
async function readLines(record: RunRecord): Promise<string[]> {
  return ((await record.readText(FILE)) ?? "").split("\n").slice(0, -1);
}

function parseReport(record: RunRecord, line: string, number: number): TrainingReport {
  const where = `${record.path(FILE)}:${number}`;
  const result = reportSchema.safeParse(parseJson(line, where));
  if (!result.success) {
    throw new InputError(`${where}: not a training report (${result.error.issues[0]!.message})`);
  }
  return result.data;
}
