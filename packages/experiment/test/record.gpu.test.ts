// What a run's record promises: whatever happens to it, what goes on from it ends in the same bits or is refused in one line, and
// nothing that it did not write is ever touched.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Runtime } from "@er/engine";
import { readSafetensors, writeSafetensors } from "@er/formats";
import { answer } from "@er/report";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  configOf,
  extendedConfig,
  loadStudy,
  type Progress,
  parseConfig,
  type RunOptions,
  run,
  verify,
} from "../src/index.js";
import { readEnd } from "../src/interpolation-ends.js";
import { RunRecord } from "../src/record.js";

const json = {
  model: { name: "resnet8", width: 2 },
  data: {
    train: "procedural:narrow?n=48&size=8#train",
    id: { name: "narrow", spec: "procedural:narrow?n=20&size=8#test" },
    ood: { shifted: "procedural:shifted?n=20&size=8#test" },
  },
  train: { steps: 24, batch: 8, schedule: { kind: "constant" }, learningRate: 0.01 },
  eval: { steps: [0, 5, 12, 24] },
  evalBatch: 20,
  checkpointEverySteps: 8,
};
const config = parseConfig(json, "test");

let runtime: Runtime;
let root: string;
/** A run that was left alone, and one that was stopped after step 12. */
let whole: string;
let stopped: string;
let out: string;
let said: string[];

const options = (directory: string, more: Partial<RunOptions> = {}): RunOptions => ({
  ...{ directory, config, resume: false, overwrite: false, command: "test" },
  onProgress: (progress) => {
    if (progress.kind === "warning") said.push(progress.text);
  },
  ...more,
});

/** Stops a run as soon as a step is evaluated. */
function stopAt(step: number): Pick<RunOptions, "signal" | "onProgress"> {
  const stop = new AbortController();
  const onProgress = (progress: Progress) => {
    if (progress.kind === "evaluation" && progress.evaluation.step === step) stop.abort();
  };
  return { signal: stop.signal, onProgress };
}

const resume = async (directory = out) =>
  await run(runtime, options(directory, { config: await configOf(directory), resume: true }));

/** What must be the same however a run came to its end. */
function bits(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .filter((file) => /^(predictions|checkpoints|metrics)/.test(file));
  return Object.fromEntries(files.sort().map((file) => [file, readFileSync(join(directory, file), "base64")]));
}

beforeAll(async () => {
  runtime = await Runtime.open();
  root = mkdtempSync(join(tmpdir(), "er-record-"));
  whole = join(root, "whole");
  stopped = join(root, "stopped");
  said = [];
  expect((await run(runtime, options(whole))).finished).toBe(true);
  expect((await run(runtime, options(stopped, stopAt(12)))).finished).toBe(false);
});
afterAll(() => {
  runtime.close();
  rmSync(root, { recursive: true });
});
let count = 0;
beforeEach(() => {
  said = [];
  out = join(root, `copy ${count++}`);
  cpSync(stopped, out, { recursive: true });
});

const at = (file: string) => join(out, file);
const flip = (file: string, byte: number) => {
  const bytes = readFileSync(at(file));
  bytes[byte]! ^= 1;
  writeFileSync(at(file), bytes);
};
const edit = (file: string, change: (text: string) => string) =>
  writeFileSync(at(file), change(readFileSync(at(file), "utf8")));

describe("a record", () => {
  it("is whole, finished or not, and tells so", async () => {
    expect(await verify(whole)).toMatchObject({ finished: true, flaws: [], unlisted: [] });
    expect(await verify(stopped)).toMatchObject({ finished: false, flaws: [], unlisted: [] });
  });

  it("goes on to the bits of one left alone", async () => {
    expect((await resume()).finished).toBe(true);
    expect(bits(out)).toEqual(bits(whole));
    expect(said).toEqual([]);
  });

  const lines = (text: string) => text.split("\n");
  const lost: [string, () => void, RegExp][] = [
    ["metrics.jsonl is missing", () => rmSync(at("metrics.jsonl")), /metrics\.jsonl: missing; its 3 evaluations are/],
    ["metrics.jsonl is empty", () => truncateSync(at("metrics.jsonl")), /metrics\.jsonl: not what was written; its 3/],
    [
      "metrics.jsonl is cut at a line's end",
      () => edit("metrics.jsonl", (text) => `${lines(text)[0]}\n`),
      /metrics\.jsonl: not what was written; its 3 evaluations are restored from the checkpoint/,
    ],
    [
      "a figure in metrics.jsonl was edited",
      () => edit("metrics.jsonl", (text) => text.replace(/"correct":\d+/, '"correct":20')),
      /metrics\.jsonl: not what was written/,
    ],
    [
      "the checkpoint is missing",
      () => rmSync(at("checkpoints/latest.safetensors")),
      /latest\.safetensors: missing, so what was trained is lost; the run begins anew/,
    ],
    [
      "the log is missing",
      () => rmSync(at("training.jsonl")),
      /training\.jsonl: the reports up to step 12 are not all/,
    ],
    ["the log is cut", () => truncateSync(at("training.jsonl"), 10), /training\.jsonl: the reports up to step 12/],
  ];
  for (const [what, damage, word] of lost)
    it(`says so and ends in the same bits where ${what}`, async () => {
      damage();
      expect((await resume()).finished).toBe(true);
      expect(said).toEqual([expect.stringMatching(word)]);
      expect(bits(out)).toEqual(bits(whole));
      expect((await verify(out)).flaws).toEqual([]);
    });

  it("says that predictions are lost, and keeps its accuracies", async () => {
    rmSync(at("predictions/shifted/5.npy"));
    expect((await resume()).finished).toBe(true);
    expect(said[0]).toMatch(/predictions\/shifted\/5\.npy: missing; accuracies stay/);
    expect(readFileSync(at("metrics.jsonl"))).toEqual(readFileSync(join(whole, "metrics.jsonl")));
    expect((await verify(out)).flaws).toEqual([{ file: "predictions/shifted/5.npy", what: "missing" }]);
  });

  it("says that predictions are damaged, and that nothing is made of them", async () => {
    flip("predictions/shifted/5.npy", 140);
    expect((await resume()).finished).toBe(true);
    expect(said).toEqual([
      expect.stringMatching(/predictions\/shifted\/5\.npy: other bytes than were written .*; accuracies stay/),
      expect.stringMatching(/shifted: not looked at example by example; .*5\.npy: not what was written/),
    ]);
  });

  const metadata = (change: (data: Record<string, string>) => void) => {
    const file = at("checkpoints/latest.safetensors");
    const { tensors, metadata: data } = readSafetensors(readFileSync(file));
    change(data);
    writeFileSync(file, writeSafetensors(tensors, data));
  };
  const refused: [string, () => void, RegExp][] = [
    [
      "a bit of the checkpoint",
      () => flip("checkpoints/latest.safetensors", 9000),
      /latest\.safetensors: damaged or cut/,
    ],
    [
      "the checkpoint cut short",
      () => truncateSync(at("checkpoints/latest.safetensors"), 9000),
      /damaged or cut short/,
    ],
    [
      "the checkpoint's step",
      () =>
        metadata((data) => {
          data.step = "20";
        }),
      /latest\.safetensors: damaged or cut short, by its SHA-256; restore it/,
    ],
    [
      "another run's checkpoint",
      () => cpSync(join(whole, "checkpoints/latest.safetensors"), at("checkpoints/latest.safetensors")),
      /latest\.safetensors: damaged or cut/,
    ],
    [
      "the seed",
      () => edit("config.json", (text) => text.replace('"seed": 0', '"seed": 1')),
      /edited or damaged since/,
    ],
    [
      "the rate",
      () => edit("config.json", (text) => text.replace("0.01", "0.02")),
      /an edited configuration is a new run/,
    ],
    [
      "the schedule of evaluations",
      () => edit("config.json", (text) => text.replace(/"steps": \[[^\]]*\]/, '"steps": [0, 2, 5, 12, 24]')),
      /config\.json: edited or damaged since the run began/,
    ],
    ["a bit of the manifest", () => flip("manifest.json", 40), /manifest\.json: not what was written/],
    ["the manifest", () => rmSync(at("manifest.json")), /manifest\.json: not a run's manifest/],
    ["the configuration", () => rmSync(at("config.json")), /config\.json: missing/],
    ["the inventory", () => rmSync(at("record.jsonl")), /no run of er to go on with; record\.jsonl is missing/],
    [
      "a line of the inventory",
      () => edit("record.jsonl", (text) => text.replace('"bytes"', '"byes"')),
      /record\.jsonl:\d+: damaged/,
    ],
    [
      "the version",
      () => edit("record.jsonl", (text) => text.replace('"version":1', '"version":2')),
      /version 2 of records; this program knows 1/,
    ],
  ];
  for (const [what, damage, message] of refused)
    it(`refuses to go on where somebody changed ${what}`, async () => {
      damage();
      const before = bits(out);
      await expect(resume()).rejects.toThrow(message);
      await expect(resume()).rejects.toHaveProperty("name", "InputError");
      expect(bits(out)).toEqual(before);
    });

  it("has every file held to its sum by verify", async () => {
    for (const file of Object.keys(bits(out))) {
      flip(file, readFileSync(at(file)).length - 3);
      const { flaws } = await verify(out);
      expect(flaws).toEqual([{ file, what: expect.stringContaining("other bytes than were written") }]);
      flip(file, readFileSync(at(file)).length - 3);
    }
    truncateSync(at("predictions/narrow/0.npy"), 5);
    rmSync(at("predictions/narrow/5.npy"));
    expect((await verify(out)).flaws).toEqual([
      { file: "predictions/narrow/0.npy", what: expect.stringMatching(/^5 bytes, \d+ were written/) },
      { file: "predictions/narrow/5.npy", what: "missing" },
    ]);
  });

  it("goes on after a line of the inventory that was cut when the machine stopped", async () => {
    appendFileSync(at("record.jsonl"), '{"file":"metr');
    expect((await resume()).finished).toBe(true);
    expect((await verify(out)).flaws).toEqual([]);
  });

  it("clears what killed writers left", async () => {
    const left = at("checkpoints/.er-01234567-0123456789ab.tmp");
    writeFileSync(left, "half a checkpoint");
    await resume();
    expect(existsSync(left)).toBe(false);
  });
});

describe("verify", () => {
  it("tells a file that an older copy of it was put in the place of, which nothing is read from", async () => {
    await resume();
    cpSync(join(stopped, "metrics.jsonl"), at("metrics.jsonl"));
    expect((await verify(out)).flaws).toEqual([
      { file: "metrics.jsonl", what: expect.stringMatching(/^\d+ bytes, \d+ were written/) },
    ]);
    await expect(new RunRecord(out).readEvaluations()).rejects.toThrow(/metrics\.jsonl: not what was written/);
    expect((await resume()).finished).toBe(true);
    expect(said).toEqual([expect.stringMatching(/its 4 evaluations are restored from the checkpoint/)]);
  });

  it("takes no file for damaged that is being replaced", async () => {
    const looks: ReturnType<typeof verify>[] = [];
    const onProgress = () => {
      if (looks.length < 12) looks.push(verify(out));
    };
    await run(runtime, options(out, { config: await configOf(out), resume: true, onProgress }));
    expect((await Promise.all(looks)).flatMap(({ flaws }) => flaws)).toEqual([]);
  });

  it("compares what belongs together though a file is damaged that has no part in it", async () => {
    writeFileSync(at("predictions/narrow/0.npy"), "no longer that");
    const metrics = readFileSync(at("metrics.jsonl"), "utf8").split("\n").slice(0, 2).join("\n");
    writeFileSync(at("metrics.jsonl"), `${metrics}\n`);
    const sha256 = createHash("sha256").update(`${metrics}\n`).digest("hex");
    appendFileSync(at("record.jsonl"), `${JSON.stringify({ file: "metrics.jsonl", bytes: 1, sha256 })}\n`);
    expect((await verify(out)).flaws).toEqual([
      { file: "predictions/narrow/0.npy", what: expect.stringContaining("14 bytes") },
      { file: "metrics.jsonl", what: "lacks step 12, which the checkpoint has" },
    ]);
  });
});

describe("a pipe or an endless device in a file's place", () => {
  it("is told, not waited for", async () => {
    rmSync(at("predictions/narrow/0.npy"));
    execFileSync("mkfifo", [at("predictions/narrow/0.npy")]);
    rmSync(at("training.jsonl"));
    symlinkSync("/dev/zero", at("training.jsonl"));
    expect((await verify(out)).flaws).toEqual([
      {
        file: "predictions/narrow/0.npy",
        what: expect.stringMatching(/0\.npy: no regular file \(a pipe or a device\)/),
      },
    ]);
    await expect(resume()).rejects.toThrow(/training\.jsonl: no regular file/);
  });
});

describe("a report", () => {
  it("of a run that is not finished says so beside the figures, and of one that is does not", async () => {
    const last = async (directory: string) => {
      const study = await loadStudy([directory], { examples: false });
      return answer(study, study.groups[0]!, "shifted");
    };
    expect(await last(out)).toMatch(/Mind: the run is not finished \(.*\), so its last evaluation is not its end\./);
    expect(await last(whole)).not.toContain("Mind");
    expect(readFileSync(join(whole, "report.html"), "utf8")).not.toContain("is not finished");
  });
});

describe("what else is read of a record", () => {
  it("is held to it: the weights of a run that is an end of an interpolation", async () => {
    await resume();
    const file = "checkpoints/final.safetensors";
    flip(file, readFileSync(at(file)).length - 3);
    await expect(readEnd(out)).rejects.toThrow(/final\.safetensors: other bytes than were written .*; restore it/);
    expect((await readEnd(whole)).weights.size).toBeGreaterThan(0);
  });
});

describe("a run that was killed between a file's line in the inventory and its place", () => {
  for (const noted of ["checkpoints/latest.safetensors", "metrics.jsonl"])
    it(`goes on with the ${noted} that is there`, async () => {
      const line = { file: noted, bytes: 1, sha256: "0".repeat(64) };
      appendFileSync(at("record.jsonl"), `${JSON.stringify(line)}\n`);
      expect((await verify(out)).flaws).toEqual([]);
      expect((await resume()).finished).toBe(true);
      expect(said).toEqual([]);
      expect(bits(out)).toEqual(bits(whole));
      expect((await verify(out)).flaws).toEqual([]);
    });
});

describe("a start that was killed", () => {
  for (const [what, kept] of [
    ["before its configuration was there", 2],
    ["between the configuration's line in the inventory and its place", 3],
  ] as const)
    it(`${what} is begun again by the same command`, async () => {
      const inventory = readFileSync(at("record.jsonl"), "utf8").split("\n").slice(0, kept);
      const manifest = readFileSync(at("manifest.json"));
      rmSync(out, { recursive: true });
      mkdirSync(out);
      writeFileSync(at("record.jsonl"), `${inventory.join("\n")}\n`);
      writeFileSync(at("manifest.json"), manifest);
      expect((await run(runtime, options(out))).finished).toBe(true);
      expect(bits(out)).toEqual(bits(whole));
    });
});

describe("a run whose configuration is lost", () => {
  it("is not replaced unless that is asked for", async () => {
    rmSync(at("config.json"));
    const before = bits(out);
    await expect(run(runtime, options(out))).rejects.toThrow(
      /holds a run whose config\.json is missing; restore that from a copy, give --overwrite to replace the run/,
    );
    expect(bits(out)).toEqual(before);
    expect((await run(runtime, options(out, { overwrite: true }))).finished).toBe(true);
    expect(bits(out)).toEqual(bits(whole));
  });
});

describe("a directory", () => {
  it("that somebody else writes in is left to them", async () => {
    const second: Promise<unknown>[] = [];
    const { finished } = await run(
      runtime,
      options(join(root, "two writers"), {
        onProgress: ({ kind }) => {
          if (kind === "step" && second.length === 0) {
            second.push(run(runtime, options(join(root, "two writers"), { overwrite: true })).catch((error) => error));
          }
        },
      }),
    );
    expect(finished).toBe(true);
    expect(await second[0]).toMatchObject({
      name: "InputError",
      message: expect.stringMatching(/two writers: in use by er train \(process \d+ of .*\); wait for it or stop it/),
    });
    expect(bits(join(root, "two writers"))).toEqual(bits(whole));
  });

  it("whose lock is another's by now is not written into any more, at once", async () => {
    const lock = at(".er-lock");
    let then: Record<string, string> | undefined;
    const onProgress = ({ kind }: Progress) => {
      if (kind !== "step" || then !== undefined) return;
      writeFileSync(lock, JSON.stringify({ ...JSON.parse(readFileSync(lock, "utf8")), id: "another's" }));
      then = { ...bits(out), log: readFileSync(at("training.jsonl"), "utf8") };
    };
    const going = options(out, { config: await configOf(out), resume: true, onProgress });
    await expect(run(runtime, going)).rejects.toThrow(/the lock was lost .* two must not write here/);
    expect({ ...bits(out), log: readFileSync(at("training.jsonl"), "utf8") }).toEqual(then);
  });

  it("of something else with a run's names is never emptied", async () => {
    const foreign = join(root, "extension");
    mkdirSync(join(foreign, ".git"), { recursive: true });
    for (const name of ["manifest.json", "config.json", "code.js", ".git/HEAD"]) {
      writeFileSync(join(foreign, name), "mine");
    }
    await expect(run(runtime, options(foreign, { overwrite: true }))).rejects.toThrow(
      /extension: holds other files \(\.git\/HEAD, code\.js, config\.json and 1 more\), no run of er/,
    );
    expect(readdirSync(foreign).sort()).toEqual([".git", "code.js", "config.json", "manifest.json"]);
    const lone = join(root, "lone");
    mkdirSync(lone);
    writeFileSync(join(lone, "manifest.json"), "mine");
    await expect(run(runtime, options(lone))).rejects.toThrow(/lone: holds other files \(manifest\.json\)/);
    expect(readFileSync(join(lone, "manifest.json"), "utf8")).toBe("mine");
  });

  it("with a file beside the run's is not replaced, links included; an empty folder stays", async () => {
    for (const put of [
      () => writeFileSync(at("notes.txt"), "mine"),
      () => {
        mkdirSync(at("notes"));
        writeFileSync(at("notes/1"), "mine");
      },
      () => symlinkSync(root, at("link")),
    ]) {
      put();
      await expect(run(runtime, options(out, { overwrite: true }))).rejects.toThrow(/holds files that the run did not/);
      for (const name of ["notes.txt", "notes", "link"]) rmSync(at(name), { recursive: true, force: true });
    }
    mkdirSync(at("empty"));
    expect((await run(runtime, options(out, { overwrite: true }))).finished).toBe(true);
    expect(existsSync(at("empty"))).toBe(true);
    expect(bits(out)).toEqual(bits(whole));
  });

  it("is not written through a symbolic link within", async () => {
    const elsewhere = join(root, `elsewhere ${count}`);
    renameSync(at("predictions"), elsewhere);
    symlinkSync(elsewhere, at("predictions"));
    await expect(resume()).rejects.toThrow(/predictions: a symbolic link, which is not written through/);
  });

  it("whose inventory leads out of it is refused, and nothing there is removed", async () => {
    const precious = join(root, "precious");
    writeFileSync(precious, "mine");
    appendFileSync(at("record.jsonl"), `${JSON.stringify({ file: "../precious", bytes: 4, sha256: "0" })}\n`);
    await expect(run(runtime, options(out, { overwrite: true }))).rejects.toThrow(/record\.jsonl:\d+: damaged/);
    expect(readFileSync(precious, "utf8")).toBe("mine");
  });
});

describe("a finished run made longer", () => {
  const extend = async (steps: number, from = out) => {
    const longer = await extendedConfig(from, (value) => {
      (value.train as { steps: number }).steps = steps;
      (value.eval as { steps: number[] }).steps = [0, 12, steps];
    });
    return await run(runtime, options(from, { config: longer, resume: false, extend: true, command: "longer" }));
  };

  it("has the weights of one that was as long from the first, and its own past", async () => {
    const short = join(root, "short");
    const half = { ...json, train: { ...json.train, steps: 12 }, eval: { steps: [0, 5, 12] } };
    await run(runtime, options(short, { config: parseConfig(half, "test") }));
    const past = readFileSync(join(short, "metrics.jsonl"), "utf8");
    expect((await extend(24, short)).finished).toBe(true);
    expect(bits(short)["checkpoints/final.safetensors"]).toBe(bits(whole)["checkpoints/final.safetensors"]);
    expect(readFileSync(join(short, "metrics.jsonl"), "utf8").startsWith(past)).toBe(true);
    expect(readFileSync(join(short, "metrics.jsonl"), "utf8")).toBe(readFileSync(join(whole, "metrics.jsonl"), "utf8"));
    expect(JSON.parse(readFileSync(join(short, "manifest.json"), "utf8")).extensions).toEqual([
      { step: 12, settings: expect.stringMatching(/^[0-9a-f]{64}$/), command: "longer" },
    ]);
    expect((await verify(short)).flaws).toEqual([]);
  });

  it("is longer, and finished before", async () => {
    await expect(extend(30)).rejects.toThrow(/not finished yet; finish it with --resume/);
    await resume();
    await expect(extend(24)).rejects.toThrow(/24 steps are done already/);
    await expect(extendedConfig(out, (value) => Object.assign(value, { seed: 3 }))).rejects.toThrow(
      /--extend: seed is other than/,
    );
    await expect(extendedConfig(out, ({ train }) => Object.assign(train as object, { batch: 4 }))).rejects.toThrow(
      /--extend: train\.batch is other than in the run/,
    );
  });

  it("is not begun anew where its checkpoint is lost, since its past had another schedule", async () => {
    await resume();
    await extend(40);
    rmSync(at("checkpoints/latest.safetensors"));
    const before = bits(out);
    await expect(resume()).rejects.toThrow(/latest\.safetensors: missing, and the run was made longer since it began/);
    expect(bits(out)).toEqual(before);
  });

  it("that was stopped goes on as any other", async () => {
    await resume();
    const longer = await extendedConfig(out, (value) => {
      (value.train as { steps: number }).steps = 40;
      (value.eval as { steps: number[] }).steps = [30, 40];
    });
    const { finished } = await run(runtime, options(out, { config: longer, extend: true, ...stopAt(30) }));
    expect(finished).toBe(false);
    expect((await resume()).evaluations.map(({ step }) => step)).toEqual([0, 5, 12, 24, 30, 40]);
  });
});

describe("a run that goes on on another adapter", () => {
  /** Makes the run one that began on another adapter, as its record has it. */
  const beganElsewhere = () => {
    const manifest = JSON.parse(readFileSync(at("manifest.json"), "utf8"));
    manifest.adapter.driver = "another 1.0";
    rewrite("manifest.json", `${JSON.stringify(manifest, null, 2)}\n`);
  };
  const rewrite = (file: string, text: string) => {
    writeFileSync(at(file), text);
    const sha256 = createHash("sha256").update(text).digest("hex");
    appendFileSync(at("record.jsonl"), `${JSON.stringify({ file, bytes: Buffer.byteLength(text), sha256 })}\n`);
  };
  const others = () => JSON.parse(readFileSync(at("manifest.json"), "utf8")).otherAdapters;

  it("is asked once, notes from which step, and tells so", async () => {
    beganElsewhere();
    await expect(resume()).rejects.toThrow(/began on another 1\.0/);
    const own = await configOf(out);
    const stop = new AbortController();
    const onProgress = ({ kind }: Progress) => {
      if (kind === "step") stop.abort();
    };
    await run(
      runtime,
      options(out, { config: own, resume: true, otherAdapter: true, onProgress, signal: stop.signal }),
    );
    expect(others()).toMatchObject([{ phase: "train", step: 12, adapter: { driver: runtime.info.description } }]);
    const result = await resume();
    expect(result.finished).toBe(true);
    expect(said).toEqual([]);
    expect(others()).toHaveLength(1);
    const caveat = `began on another 1.0, and ran from step 12 of fine-tuning on ${runtime.info.description}`;
    expect(result.report.caveats).toEqual([expect.stringContaining(caveat)]);
    expect(readFileSync(at("report.html"), "utf8")).toContain(`Mind: the run ${caveat}`);
    expect(await verify(out)).toMatchObject({ flaws: [], adapters: expect.stringContaining(caveat) });
  });

  it("forgets an adapter whose work was lost", async () => {
    const manifest = JSON.parse(readFileSync(at("manifest.json"), "utf8"));
    const adapter = { ...manifest.adapter, driver: "another 1.0" };
    rewrite("manifest.json", JSON.stringify({ ...manifest, otherAdapters: [{ phase: "train", step: 12, adapter }] }));
    expect((await resume()).finished).toBe(true);
    expect(others()).toEqual([]);
    expect(bits(out)).toEqual(bits(whole));
    expect(await verify(out)).not.toHaveProperty("adapters");
  });
});

describe("a device that is lost in mid-run", () => {
  for (const step of [3, 8, 17])
    it(`at step ${step} is said, and the run resumes to the same bits`, async () => {
      const lost = join(root, `lost ${step}`);
      const breaking = await Runtime.open();
      const onProgress = (progress: Progress) => {
        if (progress.kind === "step" && progress.step >= step) breaking.device.destroy();
        if (progress.kind === "evaluation" && progress.evaluation.step >= step) breaking.device.destroy();
      };
      await expect(run(breaking, options(lost, { onProgress }))).rejects.toThrow(
        /the device was lost.*go on from the last checkpoint/,
      );
      breaking.close();
      expect((await verify(lost)).flaws).toEqual([]);
      expect((await resume(lost)).finished).toBe(true);
      expect(bits(lost)).toEqual(bits(whole));
    });
});
