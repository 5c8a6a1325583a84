// A testbed of our own, where none is published.
import { ParameterArena } from "@er/engine";
import type { TrainingConfig } from "./config.js";
import type { RunContext } from "./context.js";
import type { SplitResult } from "./evaluator.js";
import { destroyEvaluators, makeEvaluators } from "./evaluators.js";
import { newModel } from "./new-model.js";
import { say } from "./progress.js";
import { Trainer } from "./trainer.js";
import { STEPS_IN_FLIGHT } from "./training.js";

interface BuiltModel {
  readonly model: string;
  readonly splits: Record<string, SplitResult>;
}

/**
 * Trains models from scratch on the fine-tuning set alone, at several widths, evaluated at several stops: the ordinary
 * models that the baseline is fitted on. Undefined where it was stopped; a resumed run begins it anew.
 */
export async function buildTestbed(
  context: RunContext,
  build: { widths: number[]; points: number; train: TrainingConfig },
  resume: boolean,
): Promise<BuiltModel[] | undefined> {
  const { runtime, record, config, sets, watch } = context;
  const kept = await record.readJson("testbed.json");
  if (resume && kept !== undefined) {
    return kept as BuiltModel[];
  }
  const models: BuiltModel[] = [];
  for (const width of build.widths) {
    const model = newModel(config, sets.train, width);
    const seed = config.seed + 1000 + width;
    const arena = new ParameterArena(model.module, seed);
    const evaluators = await makeEvaluators(runtime, model, sets, config);
    const trainer = await Trainer.create(runtime, model, arena, sets.train, build.train, config.normalization, seed);
    let at = 0;
    for (let point = 1; point <= build.points; point++) {
      const stop = Math.round((trainer.totalSteps * point) / build.points);
      for (; at < stop; at++) {
        trainer.step(at);
        if (at % STEPS_IN_FLIGHT === 0) {
          await runtime.finish();
          if (watch.signal?.aborted) {
            return undefined;
          }
        }
      }
      const { loss } = await trainer.read();
      const splits: Record<string, SplitResult> = {};
      for (const [name, evaluator] of Object.entries(evaluators)) {
        splits[name] = evaluator.score(await evaluator.predict());
      }
      trainer.clearTotals();
      models.push({ model: `${config.model.name} width ${width}, step ${at}`, splits });
      const accuracies = Object.entries(splits).map(
        ([name, { accuracy }]) => `${name} ${(100 * accuracy).toFixed(1)} %`,
      );
      say(
        watch,
        `baseline: width ${width}, step ${at} of ${trainer.totalSteps}, loss ${loss.toFixed(3)}, ${accuracies.join(", ")}`,
      );
    }
    trainer.destroy();
    destroyEvaluators(evaluators);
    for (const state of [arena.values, arena.gradients, arena.velocity]) {
      runtime.release(state);
    }
  }
  await record.writeJson("testbed.json", models);
  return models;
}
