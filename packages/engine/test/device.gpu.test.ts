// Opening a device: what it comes with, how it is closed, and what is said to someone who asks for one that is not there.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { swiftShader, swiftShaderFits } from "../src/device/node-swiftshader.js";
import { doctor, formatDoctor, InputError, listAdapters, openDevice } from "../src/index.js";

describe("openDevice", () => {
  it("raises the limits above WebGPU's defaults to those of the adapter", async () => {
    const opened = await openDevice();
    const report = (await listAdapters()).find((adapter) => adapter.usable && adapter.id === opened.id);
    if (!report?.usable) throw new Error(`${opened.id} is not among the adapters listed`);
    const { limits } = opened.device;
    expect(limits.maxBufferSize).toBe(report.limits.maxBufferSize);
    expect(limits.maxStorageBufferBindingSize).toBe(report.limits.maxStorageBufferBindingSize);
    expect(limits.maxStorageBuffersPerShaderStage).toBe(report.limits.maxStorageBuffersPerShaderStage);
    expect(limits.maxComputeWorkgroupStorageSize).toBe(report.limits.maxComputeWorkgroupStorageSize);
    opened.close();
  });

  it("tells the subgroup size only where it is fixed and the device may use it", async () => {
    const opened = await openDevice();
    const report = (await listAdapters()).find((adapter) => adapter.usable && adapter.id === opened.id);
    if (!report?.usable) throw new Error(`${opened.id} is not among the adapters listed`);
    const { subgroups } = report;
    expect(opened.subgroupSize).toBe(subgroups?.min === subgroups?.max ? subgroups?.max : undefined);
    if (opened.subgroupSize !== undefined) expect(opened.device.features.has("subgroups")).toBe(true);
    opened.close();
  });

  it("destroys the device on close, which is no error", async () => {
    const errors: string[] = [];
    const opened = await openDevice({ onError: (message) => errors.push(message) });
    opened.close();
    expect((await opened.device.lost).reason).toBe("destroyed");
    expect(errors).toEqual([]);
  });

  it("hands uncaptured errors to onError", async () => {
    const message = await new Promise<string>((resolve, reject) => {
      openDevice({ onError: resolve }).then(async ({ device, close }) => {
        device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
        await device.queue.onSubmittedWorkDone();
        close();
      }, reject);
    });
    expect(message).toMatch(/usage/i);
  });

  it("takes a part of an adapter's name, in any case", async () => {
    const named = (await listAdapters()).find((adapter) => adapter.usable);
    if (!named?.usable) throw new Error("no adapter on this machine");
    const opened = await openDevice({ adapter: named.description.slice(0, 8).toUpperCase() });
    expect(opened.description).toBe(named.description);
    opened.close();
  });

  it("refuses an unknown adapter and lists those there are", async () => {
    const usable = (await listAdapters()).filter((adapter) => adapter.usable).map((adapter) => adapter.id);
    const refusal = await openDevice({ adapter: "voodoo2" }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(InputError);
    for (const id of usable) expect(String(refusal)).toContain(id);
  });

  it("asks for matrix units where it is told to, and goes on without where there are none", async () => {
    const opened = await openDevice({ matrixUnits: true });
    // Software adapters have none.
    if (opened.kind !== "gpu") expect(opened.matrixUnits).toBeUndefined();
    const { features } = opened.device;
    expect(features.has("chromium-experimental-subgroup-matrix")).toBe(opened.matrixUnits !== undefined);
    opened.close();
  });

  it("refuses an ER_MATRIX_UNITS that says neither yes nor no, unless the caller has said it", async () => {
    vi.stubEnv("ER_MATRIX_UNITS", "yes");
    await expect(openDevice()).rejects.toThrow('ER_MATRIX_UNITS is "yes"; expected 1');
    (await openDevice({ matrixUnits: false })).close();
    vi.unstubAllEnvs();
  });

  it("leaves the environment as it was", async () => {
    const before = { ...process.env };
    (await openDevice()).close();
    expect(process.env).toEqual(before);
  });
});

describe.skipIf(!swiftShaderFits)("the bundled SwiftShader", () => {
  // ER_CACHE comes before XDG_CACHE_HOME, so one that is set here is put aside.
  beforeEach(() => void vi.stubEnv("ER_CACHE", ""));
  afterEach(() => void vi.unstubAllEnvs());

  it("is unpacked once, whole, by several at the same time, with nothing left behind", async () => {
    const cache = await mkdtemp(join(tmpdir(), "er-cache-"));
    vi.stubEnv("XDG_CACHE_HOME", cache);
    const [first, second] = await Promise.all([swiftShader(), swiftShader()]);
    expect(first).toEqual(second);
    const folders = await readdir(join(cache, "er"));
    expect(folders).toHaveLength(1);
    expect((await readdir(join(cache, "er", folders[0] ?? ""))).sort()).toEqual([
      "libvk_swiftshader.so",
      "libvulkan.so.1",
      "sums.json",
      "vk_swiftshader_icd.json",
    ]);
    await rm(cache, { recursive: true });
  });

  it("says which variable to set where the cache cannot be written", async () => {
    vi.stubEnv("XDG_CACHE_HOME", "/dev/null");
    await expect(swiftShader()).rejects.toThrow(/XDG_CACHE_HOME/);
  });
});

describe("doctor", () => {
  it("names the adapter that openDevice takes and what it can do", async () => {
    const opened = await openDevice();
    opened.close();
    const report = await doctor();
    expect(report.chosen.id).toBe(opened.id);
    expect(formatDoctor(report)).toContain(`* ${opened.id} (${opened.kind}): ${opened.description}`);
  });

  it("says whether adapters were asked for matrix units", async () => {
    expect(formatDoctor(await doctor())).toContain("matrix units: not asked for (ER_MATRIX_UNITS=1 asks)");
    vi.stubEnv("ER_MATRIX_UNITS", "1");
    expect(formatDoctor(await doctor())).not.toContain("not asked for");
    vi.unstubAllEnvs();
  });

  it("reports an adapter that is not there instead of throwing", async () => {
    const { chosen } = await doctor({ adapter: "voodoo2" });
    expect(chosen.id).toBeUndefined();
    expect(chosen.why).toContain("voodoo2");
  });
});
