// Finds WebGPU adapters through Dawn in Node: which drivers there are to try, in which order, and which one answers.
import { InputError } from "../errors.js";
import { swiftShader, swiftShaderFits } from "./node-swiftshader.js";
import { driverFiles, gpuNodes, loadLibrary } from "./node-vulkan.js";
import { limitsOf, matrixUnitsOf, subgroupsOf } from "./request.js";
import type { AdapterKind, AdapterReport, DeviceOptions } from "./types.js";

/** An adapter with the Dawn instance it came from, which must stay referenced for as long as the device lives. */
interface Found {
  instance: GPU;
  adapter: GPUAdapter;
  id: string;
  kind: AdapterKind;
  description: string;
  why: string;
}

/** Driver manifests to try together; an empty list leaves the choice to the system (Metal, Direct3D). */
interface Candidate {
  id: string;
  kind: AdapterKind;
  files: string[];
  /** Why trying is pointless, where the files of the machine already say so. */
  absent?: string;
}

/** What else Dawn is asked for than a driver. */
type Extras = Pick<DeviceOptions, "unsafe" | "matrixUnits">;

interface Refusal {
  candidate: Candidate;
  reason: string;
}

/**
 * The adapter asked for, or the first that answers in the order hardware, lavapipe, SwiftShader.
 * @param asked as `DeviceOptions.adapter`
 * @param extras as `DeviceOptions` has them
 * @throws InputError when nothing that fits answers, where the message lists what does, or ER_MATRIX_UNITS is no 0 or 1
 */
export async function findAdapter(asked: string | undefined, extras: Extras = {}): Promise<Found> {
  const wanted = asked || process.env.ER_ADAPTER || "auto";
  const source = asked ? "asked for" : "asked for by ER_ADAPTER";
  const order = candidatesFor(wanted);
  const toggles = togglesFor(extras);
  const refusals: Refusal[] = [];
  for (const candidate of order.candidates) {
    const found = await attempt(candidate, toggles);
    if ("reason" in found) refusals.push(found);
    else if (order.fits(found)) {
      const before = refusals.length > 0 ? ` (${inWords(refusals)})` : "";
      const first = `the first that answers in the order gpu, lavapipe, swiftshader${before}`;
      return { ...found, why: wanted.toLowerCase() === "auto" ? first : `${source} as "${wanted}"` };
    }
  }
  throw await unknownAdapter(wanted, refusals);
}

/** Every driver of this machine: what its adapter can do, or why there is none. */
export async function reportAdapters(): Promise<AdapterReport[]> {
  const reports: AdapterReport[] = [];
  const toggles = togglesFor({});
  for (const candidate of everyCandidate()) {
    const found = await attempt(candidate, toggles);
    if ("reason" in found) {
      reports.push({ usable: false, id: candidate.id, kind: candidate.kind, reason: found.reason });
      continue;
    }
    const { adapter, id, kind, description } = found;
    const features = [...adapter.features].sort();
    reports.push({
      usable: true,
      id,
      kind,
      description,
      features,
      limits: limitsOf(adapter),
      subgroups: subgroupsOf(adapter),
      matrixUnits: matrixUnitsOf(adapter),
    });
  }
  return reports;
}

async function unknownAdapter(wanted: string, refusals: Refusal[]): Promise<InputError> {
  const reports = await reportAdapters();
  const names = reports.flatMap((report) => (report.usable ? [`${report.id} (${report.description})`] : []));
  const why = refusals.length > 0 ? ` (${inWords(refusals)})` : "";
  const there = names.length > 0 ? names.join(", ") : "none";
  return new InputError(
    `adapter "${wanted}" not found${why}; expected "auto" or (a part of) the name of one that is here: ${there}; ` +
      "change ER_ADAPTER or the adapter option",
  );
}

function inWords(refusals: Refusal[]): string {
  return refusals.map(({ candidate, reason }) => `${candidate.id}: ${reason}`).join("; ");
}

function candidatesFor(wanted: string): { candidates: Candidate[]; fits: (found: Found) => boolean } {
  const any = () => true;
  switch (wanted.toLowerCase()) {
    case "auto":
      return { candidates: [...hardware(), ...lavapipe(), ...bundled()], fits: any };
    case "gpu":
      return { candidates: hardware(), fits: any };
    case "lavapipe":
      return { candidates: lavapipe(), fits: any };
    case "swiftshader":
      return { candidates: bundled(), fits: any };
    default:
      return { candidates: everyCandidate(), fits: (found) => namesOf(found).includes(wanted.toLowerCase()) };
  }
}

function namesOf({ id, description, adapter: { info } }: Found): string {
  return [id, description, info.vendor, info.architecture, info.device].join("\n").toLowerCase();
}

/** All hardware drivers at once: Dawn then takes the fastest of several GPUs. */
function hardware(): Candidate[] {
  const candidate: Candidate = { id: "gpu", kind: "gpu", files: [] };
  if (process.platform !== "linux") return [candidate];
  if (gpuNodes().length === 0)
    return [{ ...candidate, absent: "no GPU device (/dev/dri/renderD*, /dev/nvidia*, /dev/dxg)" }];
  const { gpu: files } = driverFiles();
  if (files.length === 0) return [{ ...candidate, absent: "no Vulkan driver file for the GPU" }];
  return [{ ...candidate, files }];
}

function lavapipe(): Candidate[] {
  if (process.platform !== "linux") return [];
  const { lavapipe: files } = driverFiles();
  const candidate: Candidate = { id: "lavapipe", kind: "system-software", files };
  return [files.length > 0 ? candidate : { ...candidate, absent: "no driver file lvp_icd*.json" }];
}

function bundled(): Candidate[] {
  return swiftShaderFits ? [{ id: "swiftshader", kind: "bundled-software", files: [] }] : [];
}

/** As "auto" tries them, but each hardware driver by itself, so that the second GPU of a machine can be named too. */
function everyCandidate(): Candidate[] {
  const each = hardware().flatMap((candidate) =>
    candidate.files.length > 1
      ? candidate.files.map((file) => ({ ...candidate, id: file, files: [file] }))
      : [candidate],
  );
  return [...each, ...lavapipe(), ...bundled()];
}

/**
 * Whether adapters are asked for their matrix units.
 * @param asked as `DeviceOptions.matrixUnits`
 * @throws InputError where it is for ER_MATRIX_UNITS to say, and that is neither 0 nor 1
 */
export function asksForMatrixUnits(asked: boolean | undefined): boolean {
  const value = process.env.ER_MATRIX_UNITS || "0";
  if (asked === undefined && value !== "0" && value !== "1") {
    throw new InputError(
      `ER_MATRIX_UNITS is "${value}"; expected 1 to ask for matrix units, 0 or nothing to leave them`,
    );
  }
  return asked ?? value === "1";
}

/** Arguments for Dawn's instance. */
function togglesFor({ unsafe = false, matrixUnits }: Extras): string[] {
  const enabled = [
    ...(unsafe ? ["skip_validation", "disable_robustness"] : []),
    // NVIDIA's units multiply f16, which Dawn keeps from its adapters otherwise.
    ...(asksForMatrixUnits(matrixUnits) ? ["allow_unsafe_apis", "vulkan_enable_f16_on_nvidia"] : []),
  ];
  const off = "disable-dawn-features=timestamp_quantization";
  return enabled.length === 0 ? [off] : [off, `enable-dawn-features=${enabled.join()}`];
}

let queue: Promise<unknown> = Promise.resolve();

/** One attempt at a time: the driver is chosen through the environment, which the whole process shares. */
function attempt(candidate: Candidate, toggles: string[]): Promise<Found | Refusal> {
  const result = queue
    .then(() => tryDriver(candidate, toggles))
    .catch((error: unknown): Refusal => {
      return { candidate, reason: error instanceof Error ? error.message : String(error) };
    });
  queue = result;
  return result;
}

async function tryDriver(candidate: Candidate, toggles: string[]): Promise<Found | Refusal> {
  if (candidate.absent !== undefined) return { candidate, reason: candidate.absent };
  let { files } = candidate;
  if (candidate.kind === "bundled-software") files = [(await swiftShader()).driverFile];
  if (process.platform === "linux") await loadVulkan();
  const { create, globals } = await import("webgpu");
  if (!("GPUBufferUsage" in globalThis)) Object.assign(globalThis, globals);
  const { instance, adapter } = await withDrivers(files, async () => {
    const made = create(toggles);
    return { instance: made, adapter: await made.requestAdapter({ powerPreference: "high-performance" }) };
  });
  if (adapter === null) return { candidate, reason: "no adapter" };
  const { info } = adapter;
  if (candidate.kind === "gpu" && info.isFallbackAdapter) return { candidate, reason: "no hardware adapter" };
  const description = info.description || info.device || info.vendor;
  const id = candidate.kind === "gpu" ? slug(info.device || description) : candidate.id;
  return { instance, adapter, id, kind: candidate.kind, description, why: "" };
}

/** Points the Vulkan loader at these manifests while `body` runs, and leaves the environment as it was. */
async function withDrivers<T>(files: string[], body: () => Promise<T>): Promise<T> {
  if (files.length === 0) return body();
  const names = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"];
  const before = names.map((name) => process.env[name]);
  for (const name of names) process.env[name] = files.join(":");
  try {
    return await body();
  } finally {
    names.forEach((name, index) => {
      const value = before[index];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    });
  }
}

let vulkanLoaded = false;

/** The system's Vulkan loader, or on a system without one the one that comes with SwiftShader. */
async function loadVulkan(): Promise<void> {
  if (vulkanLoaded) return;
  vulkanLoaded = loadLibrary("libvulkan.so.1") || (swiftShaderFits && loadLibrary((await swiftShader()).loader));
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
