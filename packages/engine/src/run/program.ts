// A plan made ready to run: buffers, compiled pipelines and bind groups, all made once. A run encodes one pass and submits it.
import { InputError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { bytesPerElement, sizeOf } from "../graph/tensor.js";
import { explain } from "../plan/explain.js";
import type { Place, Plan } from "../plan/plan.js";
import { hostByteLength, hostBytes, hostValues } from "./host-values.js";
import type { Runtime } from "./runtime.js";

interface Command {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

export class Program {
  readonly plan: Plan;
  readonly #runtime: Runtime;
  readonly #slots: GPUBuffer[];
  readonly #inputs: Map<string, GPUBuffer>;
  #commands: Command[] = [];

  private constructor(runtime: Runtime, plan: Plan) {
    this.#runtime = runtime;
    this.plan = plan;
    this.#slots = plan.slots.map((bytes, i) => runtime.buffer(bytes, `slot ${i}`));
    this.#inputs = new Map([...plan.inputs].map(([name, { bytes }]) => [name, runtime.buffer(bytes, name)]));
  }

  /** Used by `Runtime.compile`. */
  static async create(runtime: Runtime, plan: Plan): Promise<Program> {
    const program = new Program(runtime, plan);
    const commands = plan.steps.map(async ({ kernel, constants, bindings, workgroups }) => {
      const access = bindings.map((binding) => binding.access);
      const pipeline = await runtime.pipeline(kernel, constants, access);
      const bindGroup = runtime.device.createBindGroup({
        layout: runtime.bindGroupLayout(access),
        entries: bindings.map(({ place }, binding) => ({ binding, resource: program.#range(place) })),
      });
      return { pipeline, bindGroup, workgroups };
    });
    program.#commands = await runtime.info.settle(Promise.all(commands));
    return program;
  }

  /**
   * Writes an input; it keeps its value until written again.
   *
   * @param values as many as the input's shape has elements; u32 inputs take a Uint32Array, f16 inputs round a Float32Array
   */
  write(name: string, values: Float32Array | Uint32Array): void {
    const input = this.plan.inputs.get(name);
    if (input === undefined) {
      throw new InputError(`program: no input "${name}"; there are ${[...this.plan.inputs.keys()].join(", ")}`);
    }
    if (values.length !== sizeOf(input.shape)) {
      throw new InputError(`program: ${values.length} values for "${name}" of shape [${input.shape.join(", ")}]`);
    }
    this.#runtime.device.queue.writeBuffer(this.#inputs.get(name)!, 0, hostBytes(values, input.dtype));
  }

  /** Encodes every dispatch in one pass and submits it. Returns at once; see `Runtime.finish`. */
  run(): void {
    const encoder = this.#runtime.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { pipeline, bindGroup, workgroups } of this.#commands) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...workgroups);
    }
    pass.end();
    this.#runtime.device.queue.submit([encoder.finish()]);
  }

  /**
   * The values of a fetched tensor after the last run, in the adapter's layout (NHWC, HWIO); f16 is widened to f32. Throws an
   * InputError for another, whose memory has other uses.
   */
  async read(tensor: Tensor & { readonly dtype: "u32" }): Promise<Uint32Array>;
  async read(tensor: Tensor): Promise<Float32Array>;
  async read(tensor: Tensor): Promise<Float32Array | Uint32Array> {
    const place = this.plan.placeOf(tensor);
    if (place.kind === "slot" && !this.plan.fetched.has(tensor)) {
      const shape = tensor.shape.join(", ");
      throw new InputError(`program: a tensor of shape [${shape}] is not kept; name it in compile's fetched tensors`);
    }
    const { buffer, offset } = this.#range(place);
    const bytes = await this.#runtime.readBuffer(buffer, offset, hostByteLength(tensor));
    return hostValues(bytes, tensor);
  }

  /**
   * Runs once with a timestamp around every dispatch.
   *
   * @returns milliseconds of each dispatch in the plan's order; undefined where the adapter has no timestamp queries
   */
  async profile(): Promise<number[] | undefined> {
    const { device } = this.#runtime;
    if (!device.features.has("timestamp-query")) {
      return undefined;
    }
    const count = this.#commands.length;
    const times: number[] = [];
    // A query set holds at most 4096 timestamps, two a dispatch.
    for (let first = 0; first < count; first += 2048) {
      const part = this.#commands.slice(first, first + 2048);
      const querySet = device.createQuerySet({ type: "timestamp", count: 2 * part.length });
      const encoder = device.createCommandEncoder();
      for (const [i, { pipeline, bindGroup, workgroups }] of part.entries()) {
        const pass = encoder.beginComputePass({
          timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
        });
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(...workgroups);
        pass.end();
      }
      const resolved = device.createBuffer({ size: 16 * part.length, usage: QUERY_RESOLVE | COPY_SRC });
      encoder.resolveQuerySet(querySet, 0, 2 * part.length, resolved, 0);
      device.queue.submit([encoder.finish()]);
      const stamps = new BigInt64Array(await this.#runtime.readBuffer(resolved, 0, 16 * part.length));
      times.push(...part.map((_, i) => Number(stamps[2 * i + 1]! - stamps[2 * i]!) / 1e6));
      resolved.destroy();
      querySet.destroy();
    }
    return times;
  }

  /** What runs, as a table; with the times of `profile` where given. */
  explain(milliseconds?: readonly number[]): string {
    return explain(this.plan, milliseconds);
  }

  /** Frees the program's buffers; state stays. */
  destroy(): void {
    for (const buffer of [...this.#slots, ...this.#inputs.values()]) {
      buffer.destroy();
    }
  }

  #range(place: Place): { buffer: GPUBuffer; offset: number; size: number } {
    switch (place.kind) {
      case "slot":
        return { buffer: this.#slots[place.slot]!, offset: 0, size: place.bytes };
      case "input":
        return { buffer: this.#inputs.get(place.name)!, offset: 0, size: Math.max(16, place.bytes) };
      case "state": {
        const buffer = this.#runtime.stateBuffer(place.state);
        return { buffer, offset: bytesPerElement(place.state.dtype) * place.offset, size: place.bytes };
      }
      default:
        return place satisfies never;
    }
  }
}

const QUERY_RESOLVE = 0x200;
const COPY_SRC = 0x4;
