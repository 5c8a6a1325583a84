// From a WebGPU adapter to a device with all the adapter can give us: features and limits. Knows nothing of how the
// adapter was found, so it is the same in Node and in a browser.
import type { AdapterLimits } from "./types.js";

const FEATURES = ["subgroups", "timestamp-query", "shader-f16"] as const;

/** The adapter's own values of the limits we raise above WebGPU's defaults. */
export function limitsOf(adapter: GPUAdapter): AdapterLimits {
  const { limits } = adapter;
  return {
    maxBufferSize: limits.maxBufferSize,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
  };
}

/** The subgroup sizes the adapter may choose among; undefined without the feature. */
export function subgroupsOf(adapter: GPUAdapter): { min: number; max: number } | undefined {
  const { subgroupMinSize: min, subgroupMaxSize: max } = adapter.info;
  if (!adapter.features.has("subgroups") || min === undefined || max === undefined) return undefined;
  return { min, max };
}

/** Requests the device and sends its uncaptured errors and its loss (other than by `destroy`) to `onError`. */
export async function requestDevice(adapter: GPUAdapter, onError: (message: string) => void): Promise<GPUDevice> {
  const device = await adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: { ...limitsOf(adapter) },
  });
  device.onuncapturederror = (event) => onError(event.error.message);
  void device.lost.then(({ reason, message }) => {
    if (reason !== "destroyed") onError(`the device was lost: ${message}`);
  });
  return device;
}
