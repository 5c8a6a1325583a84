// What a caller asks of a device, what it gets, and what the doctor reports. Types only: shared by every host.

/** "gpu": hardware; "system-software": a CPU Vulkan of the system (Mesa lavapipe); "bundled-software": SwiftShader. */
export type AdapterKind = "gpu" | "system-software" | "bundled-software";

export interface DeviceOptions {
  /**
   * "auto", "gpu", "lavapipe", "swiftshader", or a part of an adapter's name (case does not matter).
   * Without it the environment variable `ER_ADAPTER` decides, and without that "auto".
   */
  adapter?: string;
  /** Switches Dawn's validation and bounds checks off. Faster on software adapters; for code already known to be right. */
  unsafe?: boolean;
  /**
   * Asks for the adapter's matrix units, where it has some: an experiment of Dawn's (`chromium-experimental-subgroup-matrix`),
   * for which its unsafe APIs are switched on, and f16 on NVIDIA's adapters. Without it the environment variable
   * `ER_MATRIX_UNITS` decides (1 asks), and without that they are not asked for.
   */
  matrixUnits?: boolean;
  /** Receives uncaptured WebGPU errors and the loss of the device, one line each. */
  onError?: (message: string) => void;
}

/** Units that multiply small matrices, a subgroup at a time, for which there are kernels (shaders/matrix_operands_*.wgsl). */
export interface MatrixUnits {
  /** "f32": 8×8 by 8×8 in f32. "f16": 16×16 by 16×16 in f16, with a result in f32. */
  readonly operands: readonly ("f32" | "f16")[];
  /** Most lanes that a subgroup may have: a workgroup that uses the units is a multiple of it. */
  readonly maxSubgroupSize: number;
}

export interface OpenDevice {
  device: GPUDevice;
  /** "lavapipe", "swiftshader", or for hardware its name in lower case with dashes. */
  id: string;
  kind: AdapterKind;
  /** The driver's own words: product and version. */
  description: string;
  /** Lanes of a subgroup, where it is the same for every kernel and the device has the feature. */
  subgroupSize: number | undefined;
  /** Undefined where not asked for, or where the adapter has none that there is a kernel for. */
  matrixUnits: MatrixUnits | undefined;
  /** Awaits one of the device's promises in the way that costs this host least. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** Destroys the device. The process can then end by itself. */
  close(): void;
}

/** The limits that decide what fits: bytes, except `maxStorageBuffersPerShaderStage`, a count. */
export interface AdapterLimits {
  maxBufferSize: number;
  maxStorageBufferBindingSize: number;
  maxStorageBuffersPerShaderStage: number;
  maxComputeWorkgroupStorageSize: number;
}

export interface UsableAdapter {
  usable: true;
  id: string;
  kind: AdapterKind;
  description: string;
  features: string[];
  limits: AdapterLimits;
  /** Fewest and most lanes a subgroup may have; undefined without the feature. */
  subgroups: { min: number; max: number } | undefined;
  /** Undefined where they were not asked for (see `DeviceOptions`), and where there are none. */
  matrixUnits: MatrixUnits | undefined;
}

export interface RefusedAdapter {
  usable: false;
  /** The kind's name or the driver file that was tried. */
  id: string;
  kind: AdapterKind;
  reason: string;
}

export type AdapterReport = UsableAdapter | RefusedAdapter;

export interface DoctorReport {
  platform: string;
  node: string;
  adapters: AdapterReport[];
  /** Whether adapters were asked for their matrix units. */
  matrixUnitsAsked: boolean;
  /** The adapter that `openDevice` would take, and why; without one, why not. */
  chosen: { id: string | undefined; why: string };
  /** What to install or set for a faster adapter; empty on hardware. */
  advice: string[];
}
