// The graph: nodes in the order they were traced, which is always a topological order. It knows ops only by their interface.
import { InputError } from "../errors.js";
import type { Parameter, Placement, StateTensor } from "../nn/parameter.js";
import type { Op } from "./op.js";
import { type DType, type Shape, type Storage, sizeOf, type Tensor, type TensorSpec } from "./tensor.js";

export interface Node {
  readonly id: number;
  readonly op: Op<unknown>;
  readonly attributes: unknown;
  inputs: Tensor[];
  outputs: Tensor[];
  /** State and parameters that the node changes in place. */
  readonly updates: Tensor[];
  /** The module it was traced in, such as `layer1.0.conv1`. */
  readonly scope: string;
}

export class Graph {
  nodes: Node[] = [];
  readonly inputs = new Map<string, Tensor>();
  readonly #parameters = new Map<Parameter, Tensor>();
  readonly #states = new Map<StateTensor, Tensor>();
  readonly #scope: string[] = [];
  /** Computed tensors that must lie at a place of their own, such as gradients in their arena. */
  readonly placements = new Map<Tensor, Placement>();
  /** The first node of the backward pass by its id; undefined before there is one. */
  backwardFrom: number | undefined;
  #nextId = 0;

  /** A tensor that the host writes before a run. */
  input(name: string, shape: Shape, dtype: DType = "f32"): Tensor {
    if (this.inputs.has(name)) {
      throw new InputError(`graph: the input "${name}" exists already; give each input a name of its own`);
    }
    const tensor = this.#tensor({ shape, dtype }, { kind: "input", name });
    this.inputs.set(name, tensor);
    return tensor;
  }

  /** The symbol of a trainable parameter; the same one at each call. */
  parameter(parameter: Parameter): Tensor {
    let tensor = this.#parameters.get(parameter);
    if (tensor === undefined) {
      tensor = this.#tensor({ shape: parameter.storedShape, dtype: "f32" }, { kind: "parameter", parameter });
      this.#parameters.set(parameter, tensor);
    }
    return tensor;
  }

  /** The symbol of a value that outlives a run; the same one at each call. */
  state(state: StateTensor): Tensor {
    let tensor = this.#states.get(state);
    if (tensor === undefined) {
      tensor = this.#tensor({ shape: state.shape, dtype: state.dtype }, { kind: "state", state });
      this.#states.set(state, tensor);
    }
    return tensor;
  }

  get parameters(): ReadonlyMap<Parameter, Tensor> {
    return this.#parameters;
  }

  /** Traces one node and returns its outputs. Throws a ShapeError where the op refuses the shapes. */
  add<A>(op: Op<A>, inputs: readonly Tensor[], attributes: A, updates: readonly Tensor[] = []): Tensor[] {
    for (const input of inputs) {
      if (sizeOf(input.shape) === 0) {
        throw new InputError(`${op.name}: an input of shape [${input.shape.join(", ")}] is empty`);
      }
    }
    const specs = op.infer(inputs, attributes);
    const node: Node = {
      id: this.#nextId++,
      op: op as Op<unknown>,
      attributes,
      inputs: [...inputs],
      outputs: [],
      updates: [...updates],
      scope: this.#scope.join("."),
    };
    node.outputs = specs.map((spec) => {
      const tensor = this.#tensor(spec, { kind: "computed" });
      tensor.producer = node;
      return tensor;
    });
    this.nodes.push(node);
    return node.outputs;
  }

  /** Runs `trace` with `name` added to the scope that new nodes carry. */
  within<T>(name: string, trace: () => T): T {
    this.#scope.push(name);
    try {
      return trace();
    } finally {
      this.#scope.pop();
    }
  }

  #tensor(spec: TensorSpec, storage: Storage): Tensor {
    for (const extent of spec.shape) {
      if (!Number.isInteger(extent) || extent < 0) {
        throw new InputError(`graph: [${spec.shape.join(", ")}] is no shape; extents are whole numbers of 0 or more`);
      }
    }
    return { id: this.#nextId++, shape: [...spec.shape], dtype: spec.dtype, storage, producer: undefined };
  }
}
