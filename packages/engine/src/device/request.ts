// From a WebGPU adapter to a device with all the adapter can give us: features and limits. Knows nothing of how the
// adapter was found, so it is the same in Node and in a browser.
import type { AdapterLimits, MatrixUnits } from "./types.js";

export const FEATURES = ["subgroups", "timestamp-query", "shader-f16"] as const;
/** Dawn's own, which the standard's types do not know. */
const MATRIX_UNITS = "chromium-experimental-subgroup-matrix" as GPUFeatureName;

/** What units multiply: [M, K] by [K, N]; with {@link MATRIX_UNITS} in an adapter's `info.subgroupMatrixConfigs`. */
interface SubgroupMatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Of the units for operands of a type, those that shaders/matrix_operands_*.wgsl are written for; results are f32. */
const KERNEL_SIDES = { f32: 8, f16: 16 } as const;

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

/** The matrix units that there are kernels for; undefined where the adapter has none, or does not offer them to us. */
export function matrixUnitsOf(adapter: GPUAdapter): MatrixUnits | undefined {
  const { subgroupMatrixConfigs } = adapter.info as { subgroupMatrixConfigs?: Iterable<SubgroupMatrixConfig> };
  const subgroups = subgroupsOf(adapter);
  if (!adapter.features.has(MATRIX_UNITS) || subgroups === undefined || subgroupMatrixConfigs === undefined) {
    return undefined;
  }
  const configs = [...subgroupMatrixConfigs];
  const operands = (["f32", "f16"] as const).filter(
    (type) =>
      (type === "f32" || adapter.features.has("shader-f16")) &&
      configs.some(
        ({ componentType, resultComponentType, ...sides }) =>
          componentType === type &&
          resultComponentType === "f32" &&
          [sides.M, sides.N, sides.K].every((side) => side === KERNEL_SIDES[type]),
      ),
  );
  return operands.length === 0 ? undefined : { operands, maxSubgroupSize: subgroups.max };
}

/** Requests the device and sends its uncaptured errors and its loss (other than by `destroy`) to `onError`. */
export async function requestDevice(adapter: GPUAdapter, onError: (message: string) => void): Promise<GPUDevice> {
  const units = matrixUnitsOf(adapter) === undefined ? [] : [MATRIX_UNITS];
  const device = await adapter.requestDevice({
    requiredFeatures: [...FEATURES.filter((feature) => adapter.features.has(feature)), ...units],
    requiredLimits: { ...limitsOf(adapter) },
  });
  device.onuncapturederror = (event) => onError(event.error.message);
  void device.lost.then(({ reason, message }) => {
    if (reason !== "destroyed") onError(`the device was lost: ${message}`);
  });
  return device;
}
