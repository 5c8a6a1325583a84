// er weights as a user meets it: what a file holds, and one container into another.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printable } from "@er/errors";
import { type NdArray, readNpz, readSafetensors, writeNpz, writeSafetensors } from "@er/formats";
import { createModel } from "@er/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { er } from "./support/er.js";

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/formats_weights.json", import.meta.url), "utf8"),
).files;

const foreign = JSON.parse(
  readFileSync(new URL("../../../test/golden/formats_foreign.json", import.meta.url), "utf8"),
).read;

let directory: string;
let wrapped: string;
const at = (name: string) => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "er-weights-"));
  wrapped = at("wrapped.pth");
  writeFileSync(wrapped, Buffer.from(golden.wrapped.file, "base64"));
});
afterAll(() => rmSync(directory, { recursive: true }));

describe("er weights info", () => {
  it("says container, types, sizes and where the state dict lies", async () => {
    const { code, stdout } = await er(["weights", "info", wrapped, "--tensors"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^weight +float32 +\[2, 3\] +24$/m);
    expect(stdout).toMatch(/wrapped\.pth: torch zip, /);
    expect(stdout).toContain('2 tensors (2 float32), 8 elements, 0.0 MiB written out\nthe state dict lies under "net"');
  });

  it("gives the same as JSON", async () => {
    const { stdout } = await er(["weights", "info", wrapped, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ container: "torch zip", wrapper: "net", elements: 8, bytes: 32, dtypes: { float32: 2 } },
      tensors: [
        { name: "weight", dtype: "float32", shape: [2, 3], bytes: 24 },
        { name: "bias", dtype: "float32", shape: [2], bytes: 8 },
      ],
    });
  });

  it("says what every name begins with, what is left out, and whose objects stand as placeholders", async () => {
    writeFileSync(at("lightning.ckpt"), Buffer.from(foreign.lightning.file, "base64"));
    const { code, stdout } = await er(["weights", "info", at("lightning.ckpt")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^the state dict lies under "state_dict"$/m);
    expect(stdout).toMatch(/^names begin with "model\.", which is left off$/m);
    expect(stdout).toMatch(
      /^objects of other code stand as placeholders, nothing of it was run: .*argparse\.Namespace/m,
    );
    writeFileSync(at("averaged.pth"), Buffer.from(foreign.averaged.file, "base64"));
    const averaged = (await er(["weights", "info", at("averaged.pth")])).stdout;
    expect(averaged).toMatch(/^left out, as no tensors of a model: n_averaged$/m);
    const json = JSON.parse((await er(["weights", "info", at("averaged.pth"), "--json"])).stdout);
    expect(json).toMatchObject({ prefix: "module.", leftOut: ["n_averaged"], foreign: [] });
    const converted = await er(["weights", "convert", at("averaged.pth"), at("averaged.npz"), "--quiet"]);
    expect(converted.stdout).toMatch(/\nnames began with "module\.", which is left off\n1 entries that are no tensors/);
  });

  it("reads 250,000 tensors", async () => {
    const tensor: NdArray = { dtype: "uint8", shape: [], data: new Uint8Array(1) };
    const many = new Map(Array.from({ length: 250_000 }, (_, i) => [i.toString(36), tensor] as const));
    writeFileSync(at("many.safetensors"), writeSafetensors(many));
    const { code, stdout, stderr } = await er(["weights", "info", at("many.safetensors"), "--tensors"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.match(/\n/g)!.length).toBeGreaterThan(250_000);
    expect(stdout).toMatch(/\n250000 tensors \(250000 uint8\), 250000 elements/);
  });

  it("shows no name of a file raw", async () => {
    const odd = "\u001b[2J\u009b31m\nforged: line\u2028\u202e";
    const tensor: NdArray = { dtype: "uint8", shape: [1], data: new Uint8Array(1) };
    writeFileSync(at("odd.safetensors"), writeSafetensors(new Map([[odd, tensor]]), { [odd]: odd }));
    const shown = String.raw`\u001b[2J\u009b31m\u000aforged: line\u2028\u202e`;
    const { stdout } = await er(["weights", "info", at("odd.safetensors"), "--tensors"]);
    expect(stdout.split(shown)).toHaveLength(3);
    const json = await er(["weights", "info", at("odd.safetensors"), "--json"]);
    expect(JSON.parse(json.stdout).tensors[0].name).toBe(odd);
    const converted = await er(["weights", "convert", at("odd.safetensors"), at("odd.npz")]);
    const refused = await er(["weights", "convert", at("odd.safetensors"), at("odd.pth"), "--model", "resnet8"]);
    expect(refused.code).toBe(2);
    for (const text of [stdout, json.stdout, converted.stderr, refused.stderr]) {
      expect(text).not.toMatch(/^forged/m);
      expect(printable(text, "\n")).toBe(text);
    }
  });

  it("refuses what is no file of weights in one line", async () => {
    writeFileSync(at("page.pth"), "<!DOCTYPE html>");
    expect(await er(["weights", "info", at("page.pth")])).toMatchObject({
      ...{ code: 2, stdout: "" },
      stderr: `er: ${at("page.pth")}: text, perhaps a web page saved in its place; fetch it again\n`,
    });
  });
});

describe("er weights convert", () => {
  const convert = (...args: string[]) => er(["weights", "convert", "--quiet", ...args]);

  it("goes through every container and comes back the same", async () => {
    const files = [wrapped, at("a.safetensors"), at("b.npz"), at("c.pt"), at("d.safetensors")];
    for (const [i, file] of files.slice(1).entries()) {
      expect(await convert(files[i]!, file)).toMatchObject({ code: 0, stderr: "" });
    }
    expect(readFileSync(at("d.safetensors"))).toEqual(readFileSync(at("a.safetensors")));
    const bytes = Buffer.from(readSafetensors(readFileSync(at("d.safetensors"))).tensors.get("weight")!.data.buffer);
    expect(bytes.toString("base64")).toBe(golden.wrapped.tensors.weight.bytes);
  });

  it("replaces a file only where it is told to, and leaves nothing half written", async () => {
    const out = at("kept.npz");
    writeFileSync(out, "kept");
    expect(await convert(wrapped, out)).toMatchObject({
      code: 2,
      stderr: `er: ${out}: is there already; give another name, or --overwrite to replace it\n`,
    });
    expect(readFileSync(out, "utf8")).toBe("kept");
    expect(await convert(wrapped, out, "--overwrite")).toMatchObject({ code: 0 });
    expect([...(await readNpz(readFileSync(out))).keys()]).toEqual(["weight", "bias"]);

    writeFileSync(at("shared.pth"), Buffer.from(golden.shared.file, "base64"));
    expect(await convert(at("shared.pth"), at("half.npz"))).toMatchObject({ code: 2 });
    expect(existsSync(at("half.npz"))).toBe(false);
    expect(readdirSync(directory).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("keeps metadata, and says where they are too long for the container", async () => {
    const described = (note: string) => writeSafetensors(new Map([["w", zeros([1])]]), { note });
    writeFileSync(at("noted.safetensors"), described("kept"));
    writeFileSync(at("long.safetensors"), described("x".repeat(70_000)));
    expect((await convert(at("noted.safetensors"), at("noted.npz"))).stdout.split("\n")).toHaveLength(2);
    expect((await convert(at("noted.npz"), at("noted.pt"))).code).toBe(0);
    expect((await convert(at("noted.pt"), at("noted2.safetensors"))).code).toBe(0);
    expect(readSafetensors(readFileSync(at("noted2.safetensors"))).metadata).toEqual({ format: "pt", note: "kept" });
    const { stdout } = await convert(at("long.safetensors"), at("long.npz"));
    expect(stdout).toMatch(
      /\nthe metadata \(format, note\) are too long for it and are lost; give er eval --model, --classes/,
    );
  });

  it("refuses a name that says no container, and a folder that is not there", async () => {
    expect(await convert(wrapped, at("x.bin"))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("expected one that ends in"),
    });
    expect(await convert(wrapped, at("no/x.npz"))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cannot be written \(ENOENT: not found\); check the path/),
    });
  });

  it("checks names and shapes against a model", async () => {
    const weights = new Map(
      [...createModel("resnet8", { classes: 7 }).module.namedState()].map(([name, { shape }]) => [name, zeros(shape)]),
    );
    writeFileSync(at("resnet8.safetensors"), writeSafetensors(weights));
    expect(await convert(at("resnet8.safetensors"), at("resnet8.pth"), "--model", "resnet8")).toMatchObject({
      code: 0,
    });
    const narrow = new Map(
      [...createModel("resnet8", { classes: 7, width: 4 }).module.namedState()].map(([name, { shape }]) => [
        `_orig_mod.${name}`,
        zeros(shape),
      ]),
    );
    writeFileSync(at("narrow.safetensors"), writeSafetensors(narrow));
    expect((await convert(at("narrow.safetensors"), at("narrow.pth"), "--model", "resnet8")).code).toBe(0);
    const { code, stderr } = await convert(at("resnet8.safetensors"), at("x.pth"), "--model", "resnet20");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^er: .*weights do not fit resnet20: missing: layer1\.1\.conv1\.weight, .* and \d+ more\n$/);
  });

  it("gives BiT's published weights PyTorch's names and layouts", async () => {
    const state = [...createModel("bit-r50x1", { classes: 5 }).module.namedState()];
    writeFileSync(
      at("bit.npz"),
      writeNpz(
        new Map(
          state.map(([name, { shape }]) => [
            published(name),
            zeros(shape.length === 4 ? [2, 3, 1, 0].map((axis) => shape[axis]!) : shape),
          ]),
        ),
      ),
    );
    expect(await convert(at("bit.npz"), at("bit.safetensors"), "--model", "bit-r50x1")).toMatchObject({
      code: 0,
      stderr: "",
    });
    const { tensors } = readSafetensors(readFileSync(at("bit.safetensors")));
    expect([...tensors.keys()].sort()).toEqual(state.map(([name]) => name).sort());
    expect(tensors.get("root.conv.weight")!.shape).toEqual([64, 3, 7, 7]);
  });
});

function zeros(shape: readonly number[]): NdArray {
  return { dtype: "float32", shape, data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)) };
}

/** The name that a parameter has in BiT's .npz files. */
function published(name: string): string {
  const norm = (path: string) => path.replace(/weight$/, "gamma").replace(/bias$/, "beta");
  const unit = /^body\.(block\d+)\.(unit\d+)\.(conv|gn)(\d)\.(\w+)$/.exec(name);
  if (unit !== null) {
    const [, block, own, kind, index, part] = unit;
    const path = `resnet/${block}/${own}/${"abc"[Number(index) - 1]}`;
    return kind === "conv" ? `${path}/standardized_conv2d/kernel` : `${path}/group_norm/${norm(part!)}`;
  }
  const projection = /^body\.(block\d+)\.(unit\d+)\.downsample\.weight$/.exec(name);
  if (projection !== null) return `resnet/${projection[1]}/${projection[2]}/a/proj/standardized_conv2d/kernel`;
  if (name === "root.conv.weight") return "resnet/root_block/standardized_conv2d/kernel";
  if (name === "head.conv.weight") return "resnet/head/conv2d/kernel";
  if (name === "head.conv.bias") return "resnet/head/conv2d/bias";
  return norm(name).replace("head.gn.", "resnet/group_norm/");
}
