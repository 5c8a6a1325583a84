// Finding an adapter and opening a device on it.
export { doctor, formatDoctor, listAdapters } from "./doctor.js";
export { openDevice } from "./open.js";
export type {
  AdapterKind,
  AdapterLimits,
  AdapterReport,
  DeviceOptions,
  DoctorReport,
  MatrixUnits,
  OpenDevice,
  RefusedAdapter,
  UsableAdapter,
} from "./types.js";
