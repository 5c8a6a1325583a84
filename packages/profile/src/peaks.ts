// What the adapter can do at best, measured: multiply-adds that touch only registers, and a plain copy out of cache.
//
// The rate of multiply-adds depends on how many independent chains hide the latency without spilling registers (8 on
// SwiftShader, 12 on lavapipe), and the loop's own bookkeeping must be small beside its body. The rate of a copy depends
// on how drivers turn invocations into loads. So there are a few candidates each, and the fastest on this adapter is the
// peak's kernel. It is then sampled between the rounds of every case, all through the run, since a shared machine drifts.
import type { Runtime } from "@er/engine";
import { median } from "./median.js";

export interface Peaks {
  /** GFLOP/s of f32 multiply-adds in registers, each counted as two. */
  readonly fma_gflops: number;
  /** GB/s, read and written, of the fastest shader that copies an array larger than the caches. */
  readonly copy_gbs: number;
  /** GB/s, read and written, of `copyBufferToBuffer` on the same arrays: the memory's own rate, whatever shaders reach. */
  readonly buffer_copy_gbs: number;
}

/** One thing whose rate is a candidate for a peak. */
interface Candidate {
  /** Operations or bytes of a sample. */
  work: number;
  encode(encoder: GPUCommandEncoder): void;
}

const FMA_GROUP = 64;
const FMA_UNROLL = 16;
const FMA_LOOPS = 256;
/** Two of them pass an H100's 50 MB of cache and most CPUs'; no binding limit is smaller. */
const COPY_BYTES = 2 ** 26;
const MAX_GROUPS = 65535;
/** Long enough that starting up and noticing the end are no part of it, and that a shared core's slices average out. */
const SAMPLE_MS = 50;
/** An adapter that does these in less than a sample's time is faster than any there is. */
const MAX_REPEATS = 4096;

/** Samples the peaks of a runtime's adapter; `open` it, `sample` as often as wanted, `close` it. */
export class PeakMeter {
  readonly #runtime: Runtime;
  readonly #buffers: GPUBuffer[] = [];
  readonly #fma: Candidate;
  readonly #copy: Candidate;
  readonly #bufferCopy: Candidate;

  private constructor(runtime: Runtime, buffers: GPUBuffer[], fma: Candidate, copy: Candidate, bufferCopy: Candidate) {
    this.#runtime = runtime;
    this.#buffers = buffers;
    this.#fma = fma;
    this.#copy = copy;
    this.#bufferCopy = bufferCopy;
  }

  /** Tries the candidates and keeps the fastest. */
  static async open(runtime: Runtime): Promise<PeakMeter> {
    const values = runtime.buffer(4 * (FMA_GROUP + 4), "peak values");
    const source = runtime.buffer(COPY_BYTES, "copy source");
    const target = runtime.buffer(COPY_BYTES, "copy target");
    runtime.device.queue.writeBuffer(values, 0, new Float32Array(FMA_GROUP + 4).fill(0.5));
    const multiplyAdds: Candidate[] = [];
    for (const chains of [8, 10, 12]) {
      multiplyAdds.push(await multiplyAdd(runtime, chains, values));
    }
    const copies: Candidate[] = [];
    for (const code of COPIES) {
      copies.push(await lengthened(runtime, await copy(runtime, code, source, target)));
    }
    const bufferCopy = await lengthened(runtime, {
      work: 2 * COPY_BYTES,
      encode: (encoder) => encoder.copyBufferToBuffer(source, 0, target, 0, COPY_BYTES),
    });
    const fma = await fastest(runtime, multiplyAdds);
    return new PeakMeter(runtime, [values, source, target], fma, await fastest(runtime, copies), bufferCopy);
  }

  /** One sample of each peak. */
  async sample(): Promise<Peaks> {
    return {
      fma_gflops: await rate(this.#runtime, this.#fma),
      copy_gbs: await rate(this.#runtime, this.#copy),
      buffer_copy_gbs: await rate(this.#runtime, this.#bufferCopy),
    };
  }

  /** Frees its buffers. */
  close(): void {
    for (const buffer of this.#buffers) {
      buffer.destroy();
    }
  }
}

/** The median of each peak; there must be a sample. */
export function medianPeaks(samples: readonly Peaks[]): Peaks {
  return {
    fma_gflops: median(samples.map(({ fma_gflops }) => fma_gflops)),
    copy_gbs: median(samples.map(({ copy_gbs }) => copy_gbs)),
    buffer_copy_gbs: median(samples.map(({ buffer_copy_gbs }) => buffer_copy_gbs)),
  };
}

/** Chains x = x a + b in registers; the store that keeps them alive never happens. */
async function multiplyAdd(runtime: Runtime, chains: number, values: GPUBuffer): Promise<Candidate> {
  const names = Array.from({ length: chains }, (_, i) => `x${i}`);
  const round = names.map((x) => `${x} = fma(${x}, a, b);`).join(" ");
  const code = `
@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(${FMA_GROUP}) fn main(@builtin(local_invocation_index) lane: u32) {
  let a = values[lane + 1u];
  let b = values[lane + 2u];
  ${names.map((x, i) => `var ${x} = values[lane] + ${i}.0;`).join("\n  ")}
  for (var i = 0u; i < ${FMA_LOOPS}u; i += 1u) {
    ${Array.from({ length: FMA_UNROLL }, () => round).join("\n    ")}
  }
  let sum = ${names.join(" + ")};
  if (sum == 12345.678) {
    values[lane] = sum;
  }
}`;
  const dispatch = await dispatcher(runtime, code, [values]);
  const workOf = (groups: number) => groups * FMA_GROUP * FMA_LOOPS * FMA_UNROLL * chains * 2;
  const candidate = (groups: number): Candidate => ({
    work: workOf(groups),
    encode: (encoder) => dispatch(encoder, groups, 1),
  });
  let groups = 64;
  await rate(runtime, candidate(groups));
  while (2 * groups <= MAX_GROUPS) {
    const ms = workOf(groups) / (await rate(runtime, candidate(groups))) / 1e6;
    if (ms >= SAMPLE_MS) {
      break;
    }
    groups *= 2;
  }
  return lengthened(runtime, candidate(groups));
}

/** A vec4 an invocation, in groups small and large; and 16 neighbouring vec4s an invocation, which suits CPUs. */
const COPIES: readonly { readonly invocations: number; readonly vectors: number }[] = [
  { invocations: 64, vectors: 1 },
  { invocations: 256, vectors: 1 },
  { invocations: 64, vectors: 16 },
];

async function copy(
  runtime: Runtime,
  { invocations, vectors }: (typeof COPIES)[number],
  source: GPUBuffer,
  target: GPUBuffer,
): Promise<Candidate> {
  const code = `
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;
@compute @workgroup_size(${invocations}) fn main(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let first = (id.x + id.y * groups.x * ${invocations}u) * ${vectors}u;
  ${Array.from({ length: vectors }, (_, i) => `y[first + ${i}u] = x[first + ${i}u];`).join("\n  ")}
}`;
  const dispatch = await dispatcher(runtime, code, [source, target]);
  const groups = COPY_BYTES / 16 / invocations / vectors;
  // Powers of two all of them, so the split leaves no rest.
  const rows = Math.max(1, (2 * groups) / (MAX_GROUPS + 1));
  return { work: 2 * COPY_BYTES, encode: (encoder) => dispatch(encoder, groups / rows, rows) };
}

/** The candidate as many times over as fill a sample: a GPU copies in less time than it takes to notice that it is done. */
async function lengthened(runtime: Runtime, { work, encode }: Candidate): Promise<Candidate> {
  const repeated = (times: number): Candidate => ({
    work: times * work,
    encode(encoder) {
      for (let i = 0; i < times; i++) {
        encode(encoder);
      }
    },
  });
  let times = 1;
  await rate(runtime, repeated(times));
  while (2 * times <= MAX_REPEATS) {
    const ms = (times * work) / (await rate(runtime, repeated(times))) / 1e6;
    if (ms >= SAMPLE_MS) {
      break;
    }
    times *= 2;
  }
  return repeated(times);
}

async function dispatcher(runtime: Runtime, code: string, buffers: readonly GPUBuffer[]) {
  const { device } = runtime;
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  return (encoder: GPUCommandEncoder, columns: number, rows: number) => {
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(columns, rows);
    pass.end();
  };
}

async function fastest(runtime: Runtime, candidates: readonly Candidate[]): Promise<Candidate> {
  const rates: number[][] = candidates.map(() => []);
  for (let round = 0; round < 5; round++) {
    for (const [i, candidate] of candidates.entries()) {
      rates[i]!.push(await rate(runtime, candidate));
    }
  }
  const medians = rates.map(median);
  return candidates[medians.indexOf(Math.max(...medians))]!;
}

/** Billions of operations or bytes a second, of one run. */
async function rate(runtime: Runtime, { work, encode }: Candidate): Promise<number> {
  const encoder = runtime.device.createCommandEncoder();
  encode(encoder);
  const commands = encoder.finish();
  const start = performance.now();
  runtime.device.queue.submit([commands]);
  await runtime.finish();
  return work / (performance.now() - start) / 1e6;
}
