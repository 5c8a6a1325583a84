// Says in words what this machine offers to compute on, which adapter would be taken and why, and what would be faster.
// It opens every driver once; it measures nothing.
import { InputError } from "../errors.js";
import { FEATURES } from "./request.js";
import type { AdapterReport, DeviceOptions, DoctorReport, UsableAdapter } from "./types.js";

const MEBIBYTE = 2 ** 20;

/** Every driver of this machine, in the order in which "auto" tries them: what it can do, or why it cannot be used. */
export async function listAdapters(): Promise<AdapterReport[]> {
  const { reportAdapters } = await import("./node-find.js");
  return reportAdapters();
}

/**
 * Looks at everything `openDevice` would look at. Reports an adapter that is not found instead of throwing.
 * @param options the adapter that would be asked for
 */
export async function doctor(options: Pick<DeviceOptions, "adapter"> = {}): Promise<DoctorReport> {
  const adapters = await listAdapters();
  const platform = `${process.platform} ${process.arch}`;
  const { asksForMatrixUnits } = await import("./node-find.js");
  const matrixUnitsAsked = asksForMatrixUnits(undefined);
  const report = { platform, node: process.version, adapters, matrixUnitsAsked, advice: await advice(adapters) };
  return { ...report, chosen: await choice(options.adapter) };
}

async function choice(asked: string | undefined): Promise<DoctorReport["chosen"]> {
  const { findAdapter } = await import("./node-find.js");
  try {
    const { id, why } = await findAdapter(asked);
    return { id, why };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { id: undefined, why: error.message };
  }
}

async function advice(adapters: AdapterReport[]): Promise<string[]> {
  const has = (kind: AdapterReport["kind"]) => adapters.some((adapter) => adapter.usable && adapter.kind === kind);
  if (has("gpu") || process.platform !== "linux") return [];
  const { gpuNodes } = await import("./node-vulkan.js");
  const lines: string[] = [];
  const nodes = gpuNodes();
  if (nodes.length > 0) {
    lines.push(
      `There is a GPU (${nodes.join(", ")}) but no Vulkan driver for it answers: install the vendor's Vulkan driver ` +
        "(NVIDIA containers: NVIDIA_DRIVER_CAPABILITIES=all) and check that this user may open the device.",
    );
  }
  if (!has("system-software")) {
    lines.push(
      "Mesa's lavapipe is several times as fast as SwiftShader: install Mesa 25.0 or newer (package mesa-vulkan-drivers; " +
        "on Debian 12 from bookworm-backports, whose own 22.3 lacks features that WebGPU needs).",
    );
  }
  return lines;
}

/** The report as lines for a terminal. */
export function formatDoctor(report: DoctorReport): string {
  const { chosen } = report;
  const lines = [`Node ${report.node} on ${report.platform}`, "", "Adapters, in the order in which they are tried:"];
  if (report.adapters.length === 0) lines.push("  none");
  for (const adapter of report.adapters) {
    if (adapter.usable) lines.push(...formatUsable(adapter, adapter.id === chosen.id, report.matrixUnitsAsked));
    else lines.push(`  ${adapter.id} (${adapter.kind}): not usable: ${adapter.reason}`);
  }
  lines.push("", chosen.id === undefined ? `Chosen: none: ${chosen.why}` : `Chosen: ${chosen.id}, ${chosen.why}`);
  if (report.advice.length > 0) lines.push("", "To be faster:", ...report.advice.map((line) => `  ${line}`));
  return lines.join("\n");
}

function formatUsable(adapter: UsableAdapter, chosen: boolean, matrixUnitsAsked: boolean): string[] {
  const { limits, subgroups, matrixUnits } = adapter;
  const mebibytes = (bytes: number) => `${Math.floor(bytes / MEBIBYTE)} MiB`;
  const lanes =
    subgroups && (subgroups.min === subgroups.max ? `${subgroups.min}` : `${subgroups.min} to ${subgroups.max}`);
  const units = matrixUnitsAsked
    ? (matrixUnits?.operands.join(", ") ?? "none")
    : "not asked for (ER_MATRIX_UNITS=1 asks)";
  return [
    `${chosen ? "* " : "  "}${adapter.id} (${adapter.kind}): ${adapter.description}`,
    `      features: ${FEATURES.map((name) => `${name} ${adapter.features.includes(name) ? "yes" : "no"}`).join(", ")}`,
    `      subgroup size: ${lanes ?? "none"}`,
    `      matrix units: ${units}`,
    `      limits: buffer ${mebibytes(limits.maxBufferSize)}, storage binding ${mebibytes(limits.maxStorageBufferBindingSize)}, ` +
      `${limits.maxStorageBuffersPerShaderStage} storage buffers a stage, ` +
      `${limits.maxComputeWorkgroupStorageSize / 1024} KiB workgroup memory`,
  ];
}
