// What the adapter can do at best, measured: multiply-adds that touch only registers, and a plain copy.
import type { Runtime } from "@er/engine";
import { median } from "./case.js";

const FMA = `
@group(0) @binding(0) var<storage, read_write> io: array<f32>;
@compute @workgroup_size(16) fn main(@builtin(global_invocation_id) id: vec3u) {
  let a = io[id.x];
  let b = io[id.x + 1u];
  var x0 = a; var x1 = b; var x2 = a + 1.0; var x3 = b + 1.0; var x4 = a + 2.0; var x5 = b + 2.0;
  var x6 = a + 3.0; var x7 = b + 3.0; var x8 = a + 4.0; var x9 = b + 4.0; var xa = a + 5.0; var xb = b + 5.0;
  for (var i = 0u; i < 4096u; i += 1u) {
    x0 = fma(x0, a, b); x1 = fma(x1, a, b); x2 = fma(x2, a, b); x3 = fma(x3, a, b);
    x4 = fma(x4, a, b); x5 = fma(x5, a, b); x6 = fma(x6, a, b); x7 = fma(x7, a, b);
    x8 = fma(x8, a, b); x9 = fma(x9, a, b); xa = fma(xa, a, b); xb = fma(xb, a, b);
  }
  io[id.x] = x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + xa + xb;
}`;
const FMA_GROUPS = 512;
const FMA_OPERATIONS = FMA_GROUPS * 16 * 4096 * 12 * 2;

const COPY = `
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  y[id.x] = x[id.x];
}`;
const COPY_BYTES = 2 ** 25;

export interface Peaks {
  readonly fma_gflops: number;
  readonly copy_gbs: number;
}

export async function measurePeaks(runtime: Runtime, rounds: number): Promise<Peaks> {
  const io = runtime.buffer(4 * (FMA_GROUPS * 16 + 4), "peak io");
  const fma = await timeKernel(runtime, FMA, [io], FMA_GROUPS, rounds);
  const x = runtime.buffer(COPY_BYTES, "copy source");
  const y = runtime.buffer(COPY_BYTES, "copy target");
  const copy = await timeKernel(runtime, COPY, [x, y], COPY_BYTES / 16 / 64, rounds);
  for (const buffer of [io, x, y]) {
    buffer.destroy();
  }
  return { fma_gflops: FMA_OPERATIONS / fma / 1e6, copy_gbs: (2 * COPY_BYTES) / copy / 1e6 };
}

async function timeKernel(runtime: Runtime, code: string, buffers: GPUBuffer[], groups: number, rounds: number) {
  const { device } = runtime;
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const times: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(groups);
    pass.end();
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await runtime.finish();
    if (round >= 0) {
      times.push(performance.now() - start);
    }
  }
  return median(times);
}
