// Where a run stands by its record alone, whoever trains it: what it does or waits for, in words.
import { type Config, parseConfig } from "./config.js";
import { readManifest } from "./manifest.js";
import { planTestbed } from "./plan-testbed.js";
import { FINAL_WEIGHTS, RunRecord } from "./record.js";
import { readTestbedFile } from "./testbed-directory.js";
import { trainingLength } from "./training-length.js";
import { lastReport, type TrainingReport } from "./training-log.js";

export interface RunStanding {
  /** Whether it has an evaluation, so that there is something to show. */
  readonly evaluated: boolean;
  readonly finished: boolean;
  /** "fine-tuning, step 80 of 240, loss 1.204" */
  readonly text: string;
}

/** Looks at a run that may not have begun, or be cut off at any point; of a damaged record the text says what is wrong. */
export async function runStanding(directory: string): Promise<RunStanding> {
  const record = new RunRecord(directory);
  try {
    const value = await record.readJson("config.json");
    if (value === undefined) {
      return {
        evaluated: false,
        finished: false,
        text: `has not begun: ${record.path("config.json")} is not there yet`,
      };
    }
    const config = parseConfig(value, record.path("config.json"));
    const evaluated = (await record.readEvaluations()).length > 0;
    const finished = evaluated && (await record.exists(FINAL_WEIGHTS));
    return { evaluated, finished, text: finished ? "finished" : await unfinished(record, config) };
  } catch (error) {
    return { evaluated: false, finished: false, text: error instanceof Error ? error.message : String(error) };
  }
}

async function unfinished(record: RunRecord, config: Config): Promise<string> {
  const { data } = await readManifest(record);
  const { testbed } = config;
  if (testbed !== undefined && "build" in testbed) {
    const built = await readTestbedFile(record.path("testbed"));
    if (built?.finished !== true) {
      const planned =
        data.train.n === undefined ? "" : ` of ${planTestbed(config, testbed.build, data.train.n).length}`;
      return `builds its baseline, ${built?.models.length ?? 0}${planned} models so far`;
    }
  }
  const report = await lastReport(record);
  return report === undefined ? "has begun; nothing trained yet" : training(report, config, data);
}

function training(
  { phase, step, loss }: TrainingReport,
  { train, probe, pretrain }: Config,
  data: Awaited<ReturnType<typeof readManifest>>["data"],
): string {
  const [doing, length, n] = {
    train: ["fine-tuning", train, data.train.n] as const,
    probe: ["probing", probe, data.train.n] as const,
    pretrain: ["pre-training", pretrain?.train, data.pretrain?.n] as const,
  }[phase];
  const of = length === undefined || n === undefined ? "" : ` of ${trainingLength(length, n).totalSteps}`;
  return `${doing}, step ${step}${of}, loss ${loss.toFixed(3)}`;
}
