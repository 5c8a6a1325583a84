// A run's directory as er train leaves it, as far as er trajectory, er compare and their figures read it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface RecordedStep {
  readonly step: number;
  /** right answers of 10,000 */
  readonly id: number;
  /** right answers of 2,000, on every OOD split */
  readonly ood: number;
}

/** Writes config.json, metrics.jsonl and manifest.json; `testbed` is the configuration's. */
export function recordRun(
  directory: string,
  steps: readonly RecordedStep[],
  testbed?: object,
  ood = ["v6"],
  { id = "cifar10", seed = 0 } = {},
): string {
  mkdirSync(directory, { recursive: true });
  const config = {
    model: { name: "resnet20" },
    data: {
      train: "npz:none.npz",
      id: { name: id, spec: "npz:none.npz" },
      ood: Object.fromEntries(ood.map((split) => [split, "npz:none.npz"])),
    },
    train: { epochs: 1 },
    seed,
    ...(testbed !== undefined && { testbed }),
  };
  writeFileSync(join(directory, "config.json"), JSON.stringify(config));
  const result = (correct: number, n: number) => ({ n, correct, accuracy: correct / n });
  const lines = steps.map((at) => ({
    step: at.step,
    epoch: 0,
    learningRate: 0.1,
    trainLoss: null,
    trainAccuracy: null,
    splits: {
      [id]: result(at.id, 10000),
      ...Object.fromEntries(ood.map((split) => [split, result(at.ood, 2000)])),
    },
    er: {},
  }));
  writeFileSync(join(directory, "metrics.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const sum = { sha256: "none" };
  const manifest = { command: "er train", adapter: { driver: "none" }, data: { train: sum, splits: {} } };
  writeFileSync(join(directory, "manifest.json"), JSON.stringify(manifest));
  return directory;
}
