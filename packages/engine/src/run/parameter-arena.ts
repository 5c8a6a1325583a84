// One flat buffer each for the parameters, their gradients and their velocities, so that the optimiser is one dispatch.
// Every parameter begins on a multiple of 128 elements, which in f16 too is one of 256 bytes, WebGPU's offset alignment; the gaps
// hold zeros.
import { InputError } from "../errors.js";
import { sizeOf } from "../graph/tensor.js";
import type { Module } from "../nn/module.js";
import { BufferState, type Parameter, type StateTensor } from "../nn/parameter.js";
import { RandomStream } from "../random.js";

const ALIGNMENT = 128;

export class ParameterArena {
  readonly values: StateTensor;
  readonly gradients: StateTensor;
  readonly velocity: StateTensor;
  /** Copies of the values in f16, made anew in every step that computes with them. */
  readonly halves: StateTensor;
  /** Elements of the arena, gaps included. */
  readonly trainableElements: number;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly buffers: ReadonlyMap<string, BufferState>;
  readonly #seed: number;

  /**
   * Lays out a module's parameters and initialises them.
   *
   * @param seed fixes the initial values, together with each parameter's name
   */
  constructor(module: Module, seed: number) {
    this.#seed = seed;
    const state = [...module.namedState()];
    this.parameters = module.namedParameters();
    this.buffers = new Map(state.filter((entry): entry is [string, BufferState] => entry[1] instanceof BufferState));
    let offset = 0;
    const offsets = new Map<string, number>();
    for (const [name, parameter] of this.parameters) {
      if (parameter.placement !== undefined) {
        throw new InputError(`arena: the parameter ${name} lies in another arena; a module is laid out once`);
      }
      offsets.set(name, offset);
      offset += Math.ceil(sizeOf(parameter.shape) / ALIGNMENT) * ALIGNMENT;
    }
    const initial = () => this.#initial(offsets);
    this.trainableElements = offset;
    this.values = {
      label: "parameters",
      shape: [offset],
      dtype: "f32",
      // Drawn when they are asked for: weights that are loaded before take their place.
      get initial() {
        return initial();
      },
    };
    this.gradients = { label: "gradients", shape: [offset], dtype: "f32" };
    this.velocity = { label: "velocity", shape: [offset], dtype: "f32" };
    this.halves = { label: "parameters in f16", shape: [offset], dtype: "f16" };
    for (const [name, parameter] of this.parameters) {
      parameter.placement = { state: this.values, offset: offsets.get(name)!, halves: this.halves };
    }
  }

  /** A parameter's values as it starts, in PyTorch's layout. Throws an InputError for a name that is none of the module's. */
  initialValues(name: string): Float32Array {
    const parameter = this.parameters.get(name);
    if (parameter === undefined) {
      throw new InputError(`arena: no parameter is called ${name}`);
    }
    return parameter.initialize(new RandomStream(this.#seed, name), parameter.shape);
  }

  #initial(offsets: ReadonlyMap<string, number>): Float32Array {
    const initial = new Float32Array(this.trainableElements);
    for (const [name, parameter] of this.parameters) {
      initial.set(parameter.toStored(this.initialValues(name)), offsets.get(name)!);
    }
    return initial;
  }
}
