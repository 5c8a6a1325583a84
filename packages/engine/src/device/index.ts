import { create, globals } from "webgpu";
export interface DeviceOptions { adapter?: string; unsafe?: boolean; onError?: (message: string) => void }
export interface OpenDevice { device: GPUDevice; id: string; description: string; subgroupSize: number | undefined; close(): void }
let held: GPU | undefined;
export async function openDevice(options: DeviceOptions = {}): Promise<OpenDevice> {
  const which = options.adapter ?? process.env.ER_ADAPTER ?? "swiftshader";
  const icd = which === "lavapipe" ? "/usr/share/vulkan/icd.d/lvp_icd.json" : "/tmp/exp/ss/vk_swiftshader_icd.json";
  process.env.VK_DRIVER_FILES = icd; process.env.VK_ICD_FILENAMES = icd;
  Object.assign(globalThis, globals);
  held = create(options.unsafe ? ["enable-dawn-features=skip_validation,disable_robustness"] : []);
  const adapter = (await held.requestAdapter())!;
  const L = adapter.limits;
  const device = await adapter.requestDevice({ requiredFeatures: (["subgroups", "timestamp-query"] as const).filter((f) => adapter.features.has(f)), requiredLimits: { maxBufferSize: L.maxBufferSize, maxStorageBufferBindingSize: L.maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage: L.maxStorageBuffersPerShaderStage } });
  device.onuncapturederror = (e) => options.onError?.(e.error.message);
  const i = adapter.info;
  return { device, id: which, description: i.description, subgroupSize: i.subgroupMinSize === i.subgroupMaxSize ? i.subgroupMaxSize : undefined, close() { device.destroy(); held = undefined; } };
}
