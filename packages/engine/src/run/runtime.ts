// A device with what programs share: compiled pipelines and the buffers of state. Open one a process.
import { type DeviceOptions, type OpenDevice, openDevice } from "../device/index.js";
import { InputError } from "../errors.js";
import { fuse } from "../graph/fuse.js";
import type { Graph } from "../graph/graph.js";
import type { Tensor } from "../graph/tensor.js";
import type { KernelName } from "../kernels.js";
import { kernelSource } from "../kernels.js";
import type { StateTensor } from "../nn/parameter.js";
import { compilePlan, type PlanOptions } from "../plan/compile.js";
import type { Access, Target } from "../plan/lowering.js";
import { bytesOf } from "../plan/memory.js";
import { isTexelFormat } from "../plan/texels.js";
import { type Choices, choiceKey } from "../tune/choices.js";
import { type TuneOptions, tune } from "../tune/tuner.js";
import { deviceLost, oneLine } from "./failures.js";
import { hostByteLength, hostValues } from "./host-values.js";
import { Program } from "./program.js";

export interface CompileOptions extends PlanOptions {
  /** What the program is for, to be named in errors; default "program". */
  readonly label?: string;
}

export class Runtime {
  readonly info: OpenDevice;
  readonly device: GPUDevice;
  /** Variants of ops to take instead of their defaults; see `tune` and `readTuning`. */
  readonly choices: Choices = new Map();
  /**
   * While set, `compile` first tunes the ops for which there is no choice yet; its budget is for all compilations together.
   * It is off unless set: choices that are measured differ from one time to the next, and with them the last bits of results.
   */
  tuning: TuneOptions | undefined;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #states = new Map<StateTensor, GPUBuffer>();
  readonly #errors: string[];
  #lost: { readonly program: string | undefined; readonly reason: string } | undefined;
  #closed = false;
  /** The program submitted last, until its work is known to be done. */
  #running: string | undefined;

  private constructor(info: OpenDevice, errors: string[]) {
    this.info = info;
    this.device = info.device;
    this.#errors = errors;
    void this.device.lost.then(({ message }) => {
      this.#lost = { program: this.#running, reason: message };
    });
  }

  /** Opens the adapter asked for, or the best there is (see `openDevice`). */
  static async open(options: Omit<DeviceOptions, "onError"> = {}): Promise<Runtime> {
    const errors: string[] = [];
    const info = await openDevice({ ...options, onError: (message) => errors.push(message) });
    return new Runtime(info, errors);
  }

  /** What lowering may know of the adapter. */
  get target(): Target {
    return {
      subgroupSize: this.info.subgroupSize,
      maxBindingBytes: this.device.limits.maxStorageBufferBindingSize,
      workgroupBytes: this.device.limits.maxComputeWorkgroupStorageSize,
      hardware: this.info.kind === "gpu",
      matrixUnits: this.info.matrixUnits,
    };
  }

  /**
   * Fuses, plans and compiles a graph.
   *
   * @param fetched tensors to be read after a run
   * @throws InputError for tensors of type f16 on an adapter that cannot compute with them
   */
  async compile(graph: Graph, fetched: readonly Tensor[] = [], options: CompileOptions = {}): Promise<Program> {
    this.check();
    if (graph.nodes.some(({ outputs }) => outputs.some(({ dtype }) => dtype === "f16"))) {
      this.requireHalf();
    }
    if (this.tuning !== undefined && options.choose === undefined) {
      await this.#tuneFirst(graph, fetched, this.tuning);
    }
    const choose = options.choose ?? ((node) => this.choices.get(choiceKey(node)));
    const planned = compilePlan(graph, fetched, this.target, { ...options, choose });
    const program = await Program.create(this, planned, options.label ?? "program");
    this.check();
    return program;
  }

  async #tuneFirst(graph: Graph, fetched: readonly Tensor[], tuning: TuneOptions): Promise<void> {
    // What is timed must be what will run.
    fuse(graph, fetched);
    const start = performance.now();
    await tune(this, graph, tuning);
    this.tuning = { ...tuning, budget: tuning.budget - (performance.now() - start) / 1000 };
  }

  /**
   * @param what needs it, for the message
   * @throws InputError where the adapter cannot compute with tensors of type f16
   */
  requireHalf(what = "f16"): void {
    if (!this.device.features.has("shader-f16")) {
      throw new InputError(
        `${what}: ${this.info.description} has no shader-f16; compute in f32, or take another adapter (see er doctor)`,
      );
    }
  }

  /** The compiled pipeline of a kernel with its constants; the same one at each call. */
  pipeline(
    kernel: KernelName,
    constants: Readonly<Record<string, number>>,
    access: readonly Access[],
  ): Promise<GPUComputePipeline> {
    const key = `${kernel} ${JSON.stringify(constants)} ${access.join()}`;
    let pipeline = this.#pipelines.get(key);
    if (pipeline === undefined) {
      pipeline = this.#compilePipeline(kernel, constants, access);
      this.#pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  async #compilePipeline(
    kernel: KernelName,
    constants: Readonly<Record<string, number>>,
    access: readonly Access[],
  ): Promise<GPUComputePipeline> {
    const { device } = this;
    // What is wrong with a module is reported apart from the pipeline that it makes impossible.
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label: kernel, code: kernelSource(kernel) });
    const layout = device.createPipelineLayout({ bindGroupLayouts: [this.bindGroupLayout(access)] });
    const invalid = device.popErrorScope();
    try {
      const error = await invalid;
      if (error !== null) {
        throw error;
      }
      return await device.createComputePipelineAsync({
        label: kernel,
        layout,
        compute: { module, entryPoint: "main", constants },
      });
    } catch (cause) {
      const { message } = cause as { message: string };
      throw new Error(
        `kernel ${kernel} with ${JSON.stringify(constants)} does not compile on ${this.info.description}: ${oneLine(message)}`,
        { cause },
      );
    }
  }

  bindGroupLayout(access: readonly Access[]): GPUBindGroupLayout {
    const key = access.join();
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = this.device.createBindGroupLayout({
        entries: access.map((kind, binding) => ({
          binding,
          visibility: GPU_COMPUTE,
          ...(isTexelFormat(kind)
            ? { storageTexture: { access: "read-only", format: kind } }
            : { buffer: { type: kind === "read" ? "read-only-storage" : "storage" } }),
        })),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  /** The buffer of a state tensor, made with its first contents at the first call. */
  stateBuffer(state: StateTensor): GPUBuffer {
    const made = this.#states.get(state);
    if (made !== undefined) {
      return made;
    }
    const buffer = this.#emptyState(state);
    const { initial } = state;
    if (initial !== undefined) {
      const { buffer: values, byteOffset, byteLength } = initial;
      this.device.queue.writeBuffer(buffer, 0, values as ArrayBuffer, byteOffset, byteLength);
    }
    return buffer;
  }

  #emptyState(state: StateTensor): GPUBuffer {
    const buffer = this.buffer(bytesOf(state), state.label);
    this.#states.set(state, buffer);
    return buffer;
  }

  /** A storage buffer. Throws an InputError where it passes the adapter's limit. */
  buffer(bytes: number, label: string): GPUBuffer {
    const { maxBufferSize } = this.device.limits;
    if (bytes > maxBufferSize) {
      throw new InputError(
        `${label}: ${bytes} bytes pass the limit of ${maxBufferSize} of ${this.info.description}; use a smaller batch`,
      );
    }
    return this.device.createBuffer({ label, size: Math.max(16, bytes), usage: STORAGE_USAGE });
  }

  /** Replaces a state tensor's contents, or a stretch of them. */
  writeState(state: StateTensor, values: Float32Array | Uint32Array, offset = 0): void {
    const whole = offset === 0 && values.byteLength === bytesOf(state);
    // What is replaced whole needs no first contents, which for a large model's parameters take seconds to draw.
    const buffer = this.#states.get(state) ?? (whole ? this.#emptyState(state) : this.stateBuffer(state));
    this.device.queue.writeBuffer(
      buffer,
      4 * offset,
      values.buffer as ArrayBuffer,
      values.byteOffset,
      values.byteLength,
    );
  }

  /** A state tensor's contents, after all work that was submitted before. */
  async readState(state: StateTensor & { readonly dtype: "u32" }): Promise<Uint32Array>;
  async readState(state: StateTensor): Promise<Float32Array>;
  async readState(state: StateTensor): Promise<Float32Array | Uint32Array> {
    const bytes = await this.readBuffer(this.stateBuffer(state), 0, hostByteLength(state));
    return hostValues(bytes, state);
  }

  /** Whether a state tensor has its buffer already. */
  holds(state: StateTensor): boolean {
    return this.#states.has(state);
  }

  /** Frees a state tensor's buffer. */
  release(state: StateTensor): void {
    this.#states.get(state)?.destroy();
    this.#states.delete(state);
  }

  async readBuffer(buffer: GPUBuffer, offset: number, bytes: number): Promise<ArrayBuffer> {
    this.check();
    const staging = this.device.createBuffer({ size: bytes, usage: STAGING_USAGE });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes);
    this.device.queue.submit([encoder.finish()]);
    await this.#settle(staging.mapAsync(MAP_READ));
    const copy = staging.getMappedRange().slice(0);
    staging.destroy();
    this.check();
    return copy;
  }

  /** Submits a program's commands. `label` names the program should the device be lost. Throws where it is lost already. */
  submit(commands: GPUCommandBuffer, label: string): void {
    this.check();
    this.#running = label;
    this.device.queue.submit([commands]);
  }

  /** Waits until all submitted work is done, and throws what went wrong in it. */
  async finish(): Promise<void> {
    await this.#settle(this.device.queue.onSubmittedWorkDone());
  }

  /** Awaits the device; a lost one would leave some promises open for ever, and let others pass as if all were well. */
  async #settle(work: Promise<unknown>): Promise<void> {
    this.check();
    const lost = this.device.lost.then(() => undefined);
    try {
      await this.info.settle(Promise.race([work, lost]));
    } catch (error) {
      this.check();
      throw error;
    }
    this.check();
    this.#running = undefined;
  }

  /** Throws that the device is lost, or the first error that it has reported. */
  check(): void {
    if (this.#lost !== undefined && !this.#closed) {
      throw deviceLost(this.info.description, this.#lost.program, this.#lost.reason);
    }
    const message = this.#errors[0];
    if (message !== undefined) {
      throw new Error(`${this.info.description}: ${oneLine(message)}`);
    }
  }

  close(): void {
    this.#closed = true;
    this.info.close();
  }
}

// The flags' numbers are part of the WebGPU standard; the Node binding defines their names only once it is loaded.
const GPU_COMPUTE = 0x4;
const STORAGE_USAGE = 0x80 | 0x8 | 0x4; // STORAGE | COPY_DST | COPY_SRC
const STAGING_USAGE = 0x1 | 0x8; // MAP_READ | COPY_DST
const MAP_READ = 0x1;
