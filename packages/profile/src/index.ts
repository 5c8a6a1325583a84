// The public surface of @er/profile.
export { type HostTime, medianHostTime, sampleHostTime } from "./host-time.js";
export { kindOf } from "./kind.js";
export { median } from "./median.js";
export { medianPeaks, PeakMeter, type Peaks } from "./peaks.js";
export { type Roofline, type RooflineRow, type Roofs, roofline, type TimedDispatch } from "./roofline.js";
export { rooflineTable } from "./roofline-table.js";
export { type ProfileOptions, profileStep, type StepProfile } from "./step-profile.js";
