// training.jsonl: a line a progress report, appended as the training goes. A run that goes on from a checkpoint cuts it there
// first, so no step is in it twice.
import { z } from "zod";
import { type Cursor, isPast } from "./checkpoint.js";
import type { OpenRecord } from "./open-record.js";
import type { RunRecord } from "./record.js";

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

export async function appendReport(record: OpenRecord, report: TrainingReport): Promise<void> {
  await record.append(FILE, `${JSON.stringify(report)}\n`);
}

/** What is left of a log. */
interface CutReports {
  /** Those that stay. */
  readonly reports: readonly TrainingReport[];
  /** What is lost, in words; undefined where nothing is. */
  readonly lost: string | undefined;
}

/**
 * Leaves the reports of what a checkpoint holds, and nothing after. A line that is no report is left out: the log is for people, and
 * a run needs none of it to go on.
 *
 * @param cursor where the run stands; undefined for one that begins
 */
export async function cutReports(record: OpenRecord, cursor: Cursor | undefined): Promise<CutReports> {
  const read = cursor === undefined ? [] : await readReports(record);
  const whole = read.filter((report) => report !== undefined);
  const reports = whole.filter((report) => isDone(report, cursor!));
  await record.writeLog(FILE, reports.map((report) => `${JSON.stringify(report)}\n`).join(""));
  return { reports, lost: lossOf(record, cursor, read.length - whole.length, reports) };
}

function lossOf(
  record: RunRecord,
  cursor: Cursor | undefined,
  damaged: number,
  reports: readonly TrainingReport[],
): string | undefined {
  if (cursor === undefined || cursor.step === 0) return undefined;
  const where = record.path(FILE);
  if (damaged > 0) return `${where}: ${damaged} lines were no reports and are left out; the run is not touched by it`;
  const last = reports.at(-1);
  const reached = last?.phase === cursor.phase ? last.step : 0;
  return reached < cursor.step
    ? `${where}: the reports up to step ${cursor.step} are not all there (the last is of step ${reached}); the run is not touched by it`
    : undefined;
}

function isDone({ phase, step }: TrainingReport, cursor: Cursor): boolean {
  return phase === cursor.phase ? step <= cursor.step : isPast(cursor, phase);
}

/**
 * The report that was written last.
 *
 * @returns undefined where nothing was trained yet, and where that line is no report
 */
export async function lastReport(record: RunRecord): Promise<TrainingReport | undefined> {
  return (await readReports(record)).at(-1);
}

/** By line; undefined for one that is no report. */
async function readReports(record: RunRecord): Promise<(TrainingReport | undefined)[]> {
  return (await readLines(record)).map(parseReport);
}

/** What follows the last line's end is nothing, or a line that was cut short when the run was killed. */
async function readLines(record: RunRecord): Promise<string[]> {
  return ((await record.readLog(FILE)) ?? "").split("\n").slice(0, -1);
}

function parseReport(line: string): TrainingReport | undefined {
  try {
    return reportSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
