// A run's scalars for TensorBoard. The file is appended to while the run goes, so that TensorBoard follows it, and written anew
// from training.jsonl and metrics.jsonl when the run goes on, so that no step is in it twice.
import { type ScalarEvent, tfEvent, tfEventsHeader } from "@er/formats";
import type { OpenRecord } from "./open-record.js";
import type { Evaluation } from "./record.js";
import type { TrainingReport } from "./training-log.js";

/** TensorBoard takes any file with "tfevents" in its name. */
const FILE = "tensorboard/events.out.tfevents.run";

export function reportEvent({ phase, step, time, loss, learningRate }: TrainingReport): ScalarEvent {
  return { wallTime: time, step, scalars: { [`${phase}/loss`]: loss, [`${phase}/learning_rate`]: learningRate } };
}

/** @param time seconds since 1970 */
export function evaluationEvent(evaluation: Evaluation, time: number): ScalarEvent {
  const { step, trainAccuracy, splits, er } = evaluation;
  const scalars: Record<string, number> = trainAccuracy === null ? {} : { "train/accuracy": trainAccuracy };
  for (const [split, { accuracy, top5, macroF1 }] of Object.entries(splits)) {
    scalars[`accuracy/${split}`] = accuracy;
    if (top5 !== undefined) scalars[`top5/${split}`] = top5;
    if (macroF1 !== undefined) scalars[`macro_f1/${split}`] = macroF1;
  }
  for (const [split, { er: value, low, high }] of Object.entries(er)) {
    scalars[`effective_robustness/${split}`] = value;
    scalars[`effective_robustness_low/${split}`] = low;
    scalars[`effective_robustness_high/${split}`] = high;
  }
  return { wallTime: time, step, scalars };
}

/** Every event of a run so far, in the order in which they came about. */
export function eventsOf(
  reports: readonly TrainingReport[],
  evaluations: readonly Evaluation[],
  began: number,
): ScalarEvent[] {
  const before = reports.filter(({ phase }) => phase !== "train");
  const training = reports.filter(({ phase }) => phase === "train");
  // An evaluation's own time is not kept: that of the report before it is a moment earlier.
  const timeOf = (step: number) => (training.findLast((report) => report.step <= step) ?? before.at(-1))?.time ?? began;
  const merged = [
    ...training.map(reportEvent),
    ...evaluations.map((evaluation) => evaluationEvent(evaluation, timeOf(evaluation.step))),
  ];
  return [...before.map(reportEvent), ...merged.sort((a, b) => a.step - b.step)];
}

export async function writeEvents(record: OpenRecord, events: readonly ScalarEvent[], began: number): Promise<void> {
  await record.writeLog(FILE, Buffer.concat([tfEventsHeader(began), ...events.map(tfEvent)]));
}

export async function appendEvent(record: OpenRecord, event: ScalarEvent): Promise<void> {
  await record.append(FILE, tfEvent(event));
}
