// What a training and an evaluation leave on the adapter, and what a checkpoint refuses to hold.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadImageSet } from "@er/data";
import { ParameterArena, Runtime } from "@er/engine";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Evaluator, parseConfig, Trainer } from "../src/index.js";
import { newModel } from "../src/new-model.js";
import { releaseArena } from "../src/release.js";
import { saveCheckpoint, type Training } from "../src/training.js";
import { openTestRecord } from "./support/test-record.js";

const spec = "procedural:narrow?n=40&size=8#train";
const config = parseConfig(
  {
    model: { name: "resnet8", width: 4 },
    data: { train: spec, id: { name: "narrow", spec }, ood: {} },
    train: { steps: 2, batch: 8 },
  },
  "test",
);

let runtime: Runtime;
beforeAll(async () => {
  runtime = await Runtime.open();
});
afterAll(() => runtime.close());

async function parts(precision: "f32" | "mixed" = "f32") {
  const set = await loadImageSet(spec);
  const model = newModel(config, set);
  const arena = new ParameterArena(model.module, 0);
  const trainer = await Trainer.create(
    runtime,
    model,
    arena,
    set,
    { ...config.train, precision },
    config.normalization,
    0,
  );
  return { set, model, arena, trainer };
}

describe("what is done", () => {
  it.for(["f32", "mixed"] as const)("leaves no buffer on the adapter, %s", async (precision, { skip }) => {
    if (precision === "mixed" && !runtime.device.features.has("shader-f16")) skip("the adapter has no shader-f16");
    const alive = new Set<string>();
    const { device } = runtime;
    const createBuffer = device.createBuffer.bind(device);
    let made = 0;
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      const name = `${made++} ${descriptor.label ?? ""}`;
      alive.add(name);
      buffer.destroy = () => {
        alive.delete(name);
        destroy();
      };
      return buffer;
    };
    const { set, model, arena, trainer } = await parts(precision);
    const evaluator = await Evaluator.create(runtime, model, set, {
      classNames: set.classNames,
      batch: 8,
      normalization: config.normalization,
      restrictClasses: false,
    });
    trainer.step(0);
    await evaluator.predict();
    expect(alive.size).toBeGreaterThan(0);
    trainer.destroy();
    evaluator.destroy();
    releaseArena(runtime, arena);
    device.createBuffer = createBuffer;
    expect([...alive]).toEqual([]);
  });
});

describe("a checkpoint", () => {
  it("of weights that are not finite is refused, and the one before stays", async () => {
    const directory = mkdtempSync(join(tmpdir(), "er-checkpoint-"));
    const { arena, trainer } = await parts();
    const record = await openTestRecord(directory);
    const training: Training = {
      runtime,
      arena,
      trainer,
      phase: "train",
      title: "train",
      record,
      checkpoint: "good.safetensors",
      settings: "test",
      checkpointEverySteps: 1,
      watch: {},
    };
    await saveCheckpoint(training, 0);
    runtime.writeState(arena.values, Float32Array.of(Number.NaN));
    await expect(saveCheckpoint({ ...training, checkpoint: "bad.safetensors" }, 1)).rejects.toMatchObject({
      name: "InputError",
      message: expect.stringMatching(
        /^the loss is NaN \(the weights are not finite\) by step 1 of train at learning rate/,
      ),
    });
    await record.close();
    expect(readdirSync(directory)).toEqual(["good.safetensors", "record.jsonl"]);
    trainer.destroy();
    releaseArena(runtime, arena);
    rmSync(directory, { recursive: true });
  });
});
