// What a run notes while it goes: training.jsonl, and the same with the evaluations for TensorBoard.
import type { Cursor } from "./checkpoint.js";
import type { OpenRecord } from "./open-record.js";
import { type Watch, warn } from "./progress.js";
import type { Evaluation } from "./record.js";
import { appendEvent, evaluationEvent, eventsOf, reportEvent, writeEvents } from "./tensorboard.js";
import { appendReport, cutReports, type TrainingReport } from "./training-log.js";

const now = () => Date.now() / 1000;

export class RunLog {
  readonly #record: OpenRecord;

  private constructor(record: OpenRecord) {
    this.#record = record;
  }

  /**
   * Begins the log, or cuts it back to where the run goes on.
   *
   * @param evaluations those that stay
   */
  static async open(
    record: OpenRecord,
    cursor: Cursor | undefined,
    evaluations: readonly Evaluation[],
    watch: Watch,
  ): Promise<RunLog> {
    const { reports, lost } = await cutReports(record, cursor);
    if (lost !== undefined) warn(watch, lost);
    const began = reports[0]?.time ?? now();
    await writeEvents(record, eventsOf(reports, evaluations, began), began);
    return new RunLog(record);
  }

  async training(report: Omit<TrainingReport, "time">): Promise<void> {
    const timed = { ...report, time: now() };
    await appendReport(this.#record, timed);
    await appendEvent(this.#record, reportEvent(timed));
  }

  async evaluation(evaluation: Evaluation): Promise<void> {
    await appendEvent(this.#record, evaluationEvent(evaluation, now()));
  }
}
