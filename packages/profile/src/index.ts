// The public surface of @er/profile.
export { median } from "./median.js";
export { medianPeaks, PeakMeter, type Peaks } from "./peaks.js";
