// Kills at every kind of moment, and disks that are full for a while: whatever was stopped goes on to the bits of what was left alone.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bits, draws, type Ended, er, inTwos, isForPeople, note, tiny, trials } from "./support.js";

interface Command {
  readonly name: string;
  /** How many of 200 trials are of it. */
  readonly share: number;
  /** Arguments that begin in a folder, and those that go on or begin again. */
  readonly begin: (folder: string) => string[];
  readonly goOn: (folder: string) => string[];
  readonly env?: (folder: string) => NodeJS.ProcessEnv;
}

let root: string;
let server: Server | undefined;
let mirror: string;
const config = () => join(root, "config.json");
const built = () => join(root, "built.json");
const plain = () => join(root, "plain.json");
const BODY = Buffer.from("not really weights ".repeat(20_000));

const COMMANDS: readonly Command[] = [
  {
    name: "train",
    share: 80,
    begin: (folder) => ["train", config(), "--out", join(folder, "run"), "--quiet"],
    goOn: (folder) => ["train", "--out", join(folder, "run"), "--resume", "--quiet"],
  },
  {
    name: "testbed build",
    share: 40,
    begin: (folder) => ["testbed", "build", built(), "--out", join(folder, "testbed"), "--quiet"],
    goOn: (folder) => ["testbed", "build", "--out", join(folder, "testbed"), "--resume", "--quiet"],
  },
  {
    name: "interpolate",
    share: 30,
    begin: (folder) => interpolation(folder),
    goOn: (folder) => [...interpolation(folder), "--overwrite"],
  },
  {
    name: "difficulty estimate",
    share: 30,
    begin: (folder) => estimate(folder),
    goOn: (folder) => [...estimate(folder), "--resume"],
  },
  {
    name: "weights get",
    share: 20,
    begin: (folder) => download(folder),
    goOn: (folder) => download(folder),
  },
];
const interpolation = (folder: string) => {
  const [a, b] = [join(root, "a"), join(root, "b")];
  return [
    "interpolate",
    a,
    b,
    "--alphas",
    "0,0.5,1",
    "--batch-norm-images",
    "0",
    "--out",
    join(folder, "way"),
    "--quiet",
  ];
};
const estimate = (folder: string) => [
  ...["difficulty", "estimate", plain(), "--models", "2", "--share", "0.5"],
  ...["--out", join(folder, "scores.npz"), "--quiet"],
];
const download = (folder: string) => ["weights", "get", "bit-s-r50x1", "--from", mirror, "--output", folder, "--quiet"];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "er-soak-"));
  // Without its testbed, whose figures take the report most of the time; er testbed build has trials of its own.
  writeFileSync(config(), JSON.stringify({ ...tiny, testbed: undefined }));
  writeFileSync(built(), JSON.stringify(tiny));
  writeFileSync(
    plain(),
    JSON.stringify({
      ...tiny,
      pretrain: undefined,
      testbed: undefined,
      train: { steps: 8, batch: 8 },
      eval: { steps: [0, 8] },
    }),
  );
  for (const [name, seed] of [
    ["a", "1"],
    ["b", "2"],
  ] as const) {
    expect((await er(["train", plain(), "--seed", seed, "--out", join(root, name), "--quiet"])).code).toBe(0);
  }
  server = createServer((request, response) => {
    const from = Number(/\d+/.exec(request.headers.range ?? "0")![0]);
    response.writeHead(from > 0 ? 206 : 200, {
      ...{ etag: '"1"', "content-length": BODY.length - from },
      ...(from > 0 && { "content-range": `bytes ${from}-${BODY.length - 1}/${BODY.length}` }),
    });
    response.end(request.method === "HEAD" ? undefined : BODY.subarray(from));
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server?.close();
  rmSync(root, { recursive: true, force: true });
});

/** A command left alone: what it leaves, how many of its calls change files, and how long it takes. */
async function leftAlone(command: Command) {
  const folder = join(root, `${command.name} alone`);
  mkdirSync(folder);
  const count = join(root, `${command.name} calls`);
  const began = performance.now();
  const ended = await er(command.begin(folder), { count });
  expect(ended, command.name).toMatchObject({ code: 0, hung: false });
  return {
    milliseconds: performance.now() - began,
    calls: Number(readFileSync(count, "utf8")),
    // What the folder holds is named without it, and the difference of two folders is in no file.
    bits: bits(folder),
  };
}

/** Goes on, or begins again where there was nothing to go on with, until it is done. */
async function toTheEnd(command: Command, folder: string): Promise<Ended> {
  const resumed = await er(command.goOn(folder));
  if (resumed.code === 0 || resumed.hung || !isForPeople(resumed)) return resumed;
  return await er(command.begin(folder));
}

describe.each(COMMANDS)("er $name", (command) => {
  it("killed at a call or a moment goes on to the same bits", async () => {
    const random = draws(`kills of ${command.name}`);
    const alone = await leftAlone(command);
    const planned = Array.from({ length: trials(command.share) }, (_, i) => ({
      folder: join(root, `${command.name} killed ${i}`),
      // Three in four at a call, one at a moment; some twice.
      faults: Array.from({ length: 1 + (random(4) === 0 ? 1 : 0) }, () =>
        random(4) === 0
          ? { killAfter: 200 + random(Math.max(1, alone.milliseconds - 200)) }
          : { fault: `${["before", "after", "half"][random(3)]}:${1 + random(alone.calls)}` },
      ),
    }));
    let killed = 0;
    const wrong: string[] = [];
    await inTwos(
      planned.map(({ folder, faults }) => async () => {
        mkdirSync(folder);
        for (const [i, fault] of faults.entries()) {
          const { code } = await er(i === 0 ? command.begin(folder) : command.goOn(folder), fault);
          killed += code === null ? 1 : 0;
        }
        const ended = await toTheEnd(command, folder);
        const same = JSON.stringify(bits(folder)) === JSON.stringify(alone.bits);
        if (ended.code !== 0 || !same || !isForPeople(ended)) {
          wrong.push(`${JSON.stringify(faults)}: code ${ended.code}, ${same ? "same" : "other"} bits; ${ended.stderr}`);
        } else {
          rmSync(folder, { recursive: true });
        }
      }),
    );
    note(`kills, er ${command.name}`, { trials: planned.length, killed, calls: alone.calls, wrong: wrong.length });
    expect(wrong).toEqual([]);
  });

  it("on a disk that is full for a while goes on to the same bits", async () => {
    const random = draws(`full disks of ${command.name}`);
    const alone = await leftAlone({ ...command, name: `${command.name} full` });
    const planned = Array.from({ length: trials(command.share) }, (_, i) => ({
      folder: join(root, `${command.name} full ${i}`),
      fault: `full:${1 + random(alone.calls)}:${1 + random(40)}`,
    }));
    let met = 0;
    const wrong: string[] = [];
    await inTwos(
      planned.map(({ folder, fault }) => async () => {
        mkdirSync(folder);
        const first = await er(command.begin(folder), { fault });
        met += first.code === 0 ? 0 : 1;
        const ended = first.code === 0 ? first : await toTheEnd(command, folder);
        const same = JSON.stringify(bits(folder)) === JSON.stringify(alone.bits);
        const said = first.code === 0 || (isForPeople(first) && first.code === 1);
        if (ended.code !== 0 || !same || !said || !isForPeople(ended)) {
          wrong.push(
            `${fault}: code ${first.code}, then ${ended.code}, ${same ? "same" : "other"} bits; ${first.stderr} ${ended.stderr}`,
          );
        } else {
          rmSync(folder, { recursive: true });
        }
      }),
    );
    note(`full disks, er ${command.name}`, {
      trials: planned.length,
      failed: met,
      calls: alone.calls,
      wrong: wrong.length,
    });
    expect(wrong).toEqual([]);
  });
});

describe("a record that was damaged", () => {
  it("goes on to the same bits with a word, or is refused in a line", async () => {
    const random = draws("damage");
    const stopped = join(root, "stopped");
    await er(["train", config(), "--out", stopped, "--quiet"], { fault: "after:150" });
    const whole = join(root, "train whole");
    expect((await er(["train", config(), "--out", whole, "--quiet"])).code).toBe(0);
    const expected = bits(whole);
    const n = trials(100);
    const counts = { same: 0, refused: 0, said: 0 };
    const wrong: string[] = [];
    await inTwos(
      Array.from({ length: n }, (_, i) => async () => {
        const out = join(root, `damaged ${i}`);
        cpSync(i % 2 === 0 ? stopped : whole, out, { recursive: true });
        const damage = damageOne(out, random);
        const ended = await er(["train", "--out", out, "--resume", "--quiet"]);
        const same = JSON.stringify(bits(out)) === JSON.stringify(expected);
        const word = ended.stderr.includes("warning: ");
        if (
          ended.hung ||
          !isForPeople(ended) ||
          (ended.code === 0 && !same && !word) ||
          ![0, 2].includes(ended.code!)
        ) {
          wrong.push(`${damage}: code ${ended.code}, ${same ? "same" : "other"} bits; ${ended.stderr}`);
        }
        counts[ended.code !== 0 ? "refused" : same ? "same" : "said"] += 1;
        rmSync(out, { recursive: true });
      }),
    );
    note("damaged records", { trials: n, ...counts, wrong: wrong.length });
    expect(wrong).toEqual([]);
  });
});

/** Flips a bit, cuts, empties, lengthens or removes one file of a record. */
function damageOne(directory: string, random: (n: number) => number): string {
  const files = Object.keys(bits(directory)).concat("record.jsonl", "manifest.json");
  const file = files[random(files.length)]!;
  const path = join(directory, file);
  const bytes = readFileSync(path);
  const how = ["bit", "cut", "empty", "longer", "removed"][random(5)]!;
  if (how === "removed") rmSync(path);
  else if (how === "empty") writeFileSync(path, "");
  else if (how === "cut") writeFileSync(path, bytes.subarray(0, random(bytes.length)));
  else if (how === "longer") writeFileSync(path, Buffer.concat([bytes, Buffer.from("more\n")]));
  else {
    bytes[random(bytes.length)]! ^= 1 << random(8);
    writeFileSync(path, bytes);
  }
  return `${how} ${file}`;
}
