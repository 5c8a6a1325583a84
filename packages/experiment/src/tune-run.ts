// Tuning for a run: every training and evaluation that its configuration describes is compiled once, so that what no earlier
// run tuned is timed before the run begins and notes its choices.

import type { ImageSet } from "@er/data";
import { ParameterArena, writeTuning } from "@er/engine";
import type { TrainingConfig } from "./config.js";
import type { RunContext } from "./context.js";
import { destroyEvaluators, makeEvaluators } from "./evaluators.js";
import { newModel } from "./new-model.js";
import { say } from "./progress.js";
import { releaseArena } from "./release.js";
import { Trainer } from "./trainer.js";
import { probeTraining } from "./trainings.js";

type TuningContext = Omit<RunContext, "record" | "settings">;

/** A model of the run: how wide, trained on what, and whether it is evaluated on the run's splits. */
interface Work {
  readonly set: ImageSet;
  readonly train: TrainingConfig;
  readonly width?: number | undefined;
  readonly evaluated: boolean;
}

/**
 * Times the variants of the run's products and convolutions for which the runtime has no choice yet, takes the fastest and
 * keeps them for processes to come.
 *
 * @param budget seconds after which no further kind of work is begun; the ones left keep their defaults
 */
export async function tuneForRun(context: TuningContext, budget: number): Promise<void> {
  const { runtime, watch } = context;
  let found = 0;
  const onProgress = (done: number, total: number, { key }: { readonly key: string }) => {
    found++;
    watch.onProgress?.({ kind: "tune", done, total, work: key });
  };
  runtime.tuning = { budget, onProgress, ...(watch.signal && { signal: watch.signal }) };
  try {
    for (const work of worksOf(context)) {
      await compileOnce(context, work);
    }
  } finally {
    runtime.tuning = undefined;
  }
  if (found > 0) {
    say(watch, `tuned ${found} kinds of work; ${await writeTuning(runtime)} keeps them`);
  }
}

function worksOf({ config, sets }: TuningContext): Work[] {
  const { train, pretrain, testbed } = config;
  const works: Work[] = [{ set: sets.train, train, evaluated: true }];
  const probe = probeTraining(config);
  if (probe !== undefined) {
    works.push({ set: sets.train, train: probe, evaluated: false });
  }
  if (pretrain !== undefined) {
    works.push({ set: sets.pretrain!, train: pretrain.train, evaluated: false });
  }
  if (testbed !== undefined && "build" in testbed) {
    const { widths, train: training } = testbed.build;
    works.push(...widths.map((width) => ({ set: sets.train, train: training, width, evaluated: true })));
  }
  return works;
}

async function compileOnce(context: TuningContext, { set, train, width, evaluated }: Work): Promise<void> {
  const { runtime, config, sets } = context;
  const model = newModel(config, set, width);
  const arena = new ParameterArena(model.module, 0);
  const trainer = await Trainer.create(runtime, model, arena, set, train, config.normalization, 0);
  trainer.destroy();
  if (evaluated) {
    destroyEvaluators(await makeEvaluators(runtime, model, sets, config, false));
  }
  releaseArena(runtime, arena);
}
