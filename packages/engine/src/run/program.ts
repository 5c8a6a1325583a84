// A plan made ready to run: buffers, compiled pipelines and bind groups, all made once. A run encodes all and submits it once.
import { InputError } from "../errors.js";
import type { Tensor } from "../graph/tensor.js";
import { sizeOf } from "../graph/tensor.js";
import { describe } from "../plan/describe.js";
import { explain } from "../plan/explain.js";
import type { Place, Plan, Step } from "../plan/plan.js";
import { isTexelFormat } from "../plan/texels.js";
import { outOfMemory } from "./failures.js";
import { hostByteLength, hostBytes, hostValues } from "./host-values.js";
import type { Runtime } from "./runtime.js";
import { type TexelCopy, texelCopies, texelTexture } from "./texel-copy.js";

type Command = DispatchCommand | CopyCommand;

interface DispatchCommand {
  readonly kind: "dispatch";
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: Grid;
}

interface CopyCommand {
  readonly kind: "copy";
  readonly copies: readonly TexelCopy[];
}

/** Without trailing ones, which the binding would convert for each dispatch of each run. */
type Grid = readonly [x: number, y?: number, z?: number];

export class Program {
  readonly plan: Plan;
  readonly #runtime: Runtime;
  readonly #slots: (GPUBuffer | GPUTexture)[];
  readonly #inputs: Map<string, GPUBuffer>;
  readonly #label: string;
  #commands: Command[] = [];

  private constructor(runtime: Runtime, plan: Plan, label: string) {
    this.#runtime = runtime;
    this.plan = plan;
    this.#label = label;
    this.#slots = plan.slots.map(({ bytes, format }, i) =>
      format === undefined
        ? runtime.buffer(bytes, `slot ${i}`)
        : texelTexture(runtime.device, bytes, format, `slot ${i}`),
    );
    this.#inputs = new Map([...plan.inputs].map(([name, { bytes }]) => [name, runtime.buffer(bytes, name)]));
  }

  /** Used by `Runtime.compile`. Throws an InputError where the adapter has not the memory. */
  static async create(runtime: Runtime, plan: Plan, label: string): Promise<Program> {
    const program = await Program.#allocate(runtime, plan, label);
    const commands = plan.steps.map(async (step): Promise<Command> => {
      const { kernel, constants, bindings, workgroups } = step;
      if (kernel === "copy_to_texture") {
        return { kind: "copy", copies: program.#copies(step) };
      }
      const access = bindings.map((binding) => binding.access);
      const pipeline = await runtime.pipeline(kernel, constants, access).catch((cause: Error) => {
        throw new Error(`${describe(step)}: ${cause.message}`, { cause });
      });
      const bindGroup = runtime.device.createBindGroup({
        layout: runtime.bindGroupLayout(access),
        entries: bindings.map(({ place, access }, binding) => ({
          binding,
          resource: isTexelFormat(access) ? program.#texture(place).createView() : program.#range(place),
        })),
      });
      return { kind: "dispatch", pipeline, bindGroup, workgroups: trimmed(workgroups) };
    });
    try {
      program.#commands = await runtime.info.settle(Promise.all(commands));
    } catch (error) {
      program.destroy();
      throw error;
    }
    return program;
  }

  /** A program with all its buffers, those of the plan's state included. */
  static async #allocate(runtime: Runtime, plan: Plan, label: string): Promise<Program> {
    const added = [...plan.states].filter((state) => !runtime.holds(state));
    const { device, info } = runtime;
    device.pushErrorScope("out-of-memory");
    let program: Program | undefined;
    let scope: Promise<GPUError | null>;
    try {
      program = new Program(runtime, plan, label);
      for (const state of added) {
        runtime.stateBuffer(state);
      }
    } finally {
      scope = device.popErrorScope();
    }
    if ((await info.settle(scope)) !== null) {
      program.destroy();
      for (const state of added) {
        runtime.release(state);
      }
      throw outOfMemory(plan, label, info.description);
    }
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

  /** Encodes every step and submits it. Returns at once; see `Runtime.finish`. */
  run(): void {
    this.#runtime.submit(this.encode(), this.#label);
  }

  /** Every step, the dispatches between two copies in one pass, to be submitted once, for who wants it beside commands of their own. */
  encode(): GPUCommandBuffer {
    const encoder = this.#runtime.device.createCommandEncoder();
    let pass: GPUComputePassEncoder | undefined;
    for (const command of this.#commands) {
      if (command.kind === "copy") {
        pass?.end();
        pass = undefined;
        encodeCopy(encoder, command);
      } else {
        pass ??= encoder.beginComputePass();
        encodeDispatch(pass, command);
      }
    }
    pass?.end();
    return encoder.finish();
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
   * Runs once with a timestamp around every step.
   *
   * @returns milliseconds of each step in the plan's order; undefined where the adapter has no timestamp queries
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
      for (const [i, command] of part.entries()) {
        if (command.kind === "copy") {
          // Only passes write timestamps: an empty one on either side.
          encoder.beginComputePass({ timestampWrites: { querySet, endOfPassWriteIndex: 2 * i } }).end();
          encodeCopy(encoder, command);
          encoder.beginComputePass({ timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i + 1 } }).end();
        } else {
          const pass = encoder.beginComputePass({
            timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
          });
          encodeDispatch(pass, command);
          pass.end();
        }
      }
      const resolved = device.createBuffer({ size: 16 * part.length, usage: QUERY_RESOLVE | COPY_SRC });
      encoder.resolveQuerySet(querySet, 0, 2 * part.length, resolved, 0);
      this.#runtime.submit(encoder.finish(), this.#label);
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

  /** Frees the program's buffers and textures; state stays. */
  destroy(): void {
    for (const memory of [...this.#slots, ...this.#inputs.values()]) {
      memory.destroy();
    }
  }

  #copies({ bindings }: Step): TexelCopy[] {
    const [from, to] = bindings as [Step["bindings"][number], Step["bindings"][number]];
    return texelCopies(this.#range(from.place), this.#texture(to.place), to.place.bytes);
  }

  #texture(place: Place): GPUTexture {
    return this.#slots[(place as Place & { kind: "slot" }).slot] as GPUTexture;
  }

  #range(place: Place): { buffer: GPUBuffer; offset: number; size: number } {
    switch (place.kind) {
      case "slot":
        return { buffer: this.#slots[place.slot] as GPUBuffer, offset: place.offset, size: place.bytes };
      case "input":
        return { buffer: this.#inputs.get(place.name)!, offset: place.offset, size: Math.max(16, place.bytes) };
      case "state": {
        const buffer = this.#runtime.stateBuffer(place.state);
        return { buffer, offset: place.offset, size: place.bytes };
      }
      default:
        return place satisfies never;
    }
  }
}

function encodeDispatch(pass: GPUComputePassEncoder, { pipeline, bindGroup, workgroups }: DispatchCommand): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(...workgroups);
}

function encodeCopy(encoder: GPUCommandEncoder, { copies }: CopyCommand): void {
  for (const { source, destination, size } of copies) {
    encoder.copyBufferToTexture(source, destination, size);
  }
}

function trimmed([x, y, z]: readonly [number, number, number]): Grid {
  return z !== 1 ? [x, y, z] : y !== 1 ? [x, y] : [x];
}

const QUERY_RESOLVE = 0x200;
const COPY_SRC = 0x4;
