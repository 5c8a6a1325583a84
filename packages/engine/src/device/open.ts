// Opens the device everything runs on. How an adapter is found depends on the host and is loaded only when needed.
import { matrixUnitsOf, requestDevice, subgroupsOf } from "./request.js";
import type { DeviceOptions, OpenDevice } from "./types.js";

/** Dawn's instances: collecting one whose device lives crashes the process. */
const instances = new Set<GPU>();

/**
 * Opens the adapter asked for, or the best there is: hardware, then Mesa's lavapipe, then the bundled SwiftShader. The
 * device has the features subgroups, timestamp-query and shader-f16 where the adapter does, and the adapter's own limits.
 * @throws InputError when no such adapter is found, where the message lists those there are, or ER_MATRIX_UNITS is no 0 or 1
 */
export async function openDevice(options: DeviceOptions = {}): Promise<OpenDevice> {
  const { findAdapter } = await import("./node-find.js");
  const { settle } = await import("./node-settle.js");
  const { instance, adapter, id, kind, description } = await findAdapter(options.adapter, options);
  instances.add(instance);
  const device = await requestDevice(adapter, (message) => options.onError?.(message)).catch((error: unknown) => {
    instances.delete(instance);
    throw error;
  });
  const subgroups = device.features.has("subgroups") ? subgroupsOf(adapter) : undefined;
  return {
    device,
    id,
    kind,
    description,
    settle,
    matrixUnits: matrixUnitsOf(adapter),
    subgroupSize: subgroups?.min === subgroups?.max ? subgroups?.min : undefined,
    close() {
      device.destroy();
      instances.delete(instance);
    },
  };
}
