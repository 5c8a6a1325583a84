// A tree of layers. A child or parameter is a property, and its name in the tree is the property's: `layer1.0.conv1.weight`,
// exactly as in PyTorch's state_dict.
import { InputError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import type { Tensor } from "../graph/tensor.js";
import { BufferState, Parameter } from "./parameter.js";

/** What a trace is for: batch-norm, for one, does different things. */
export interface Trace {
  readonly graph: Graph;
  readonly training: boolean;
  /** Batch-norm uses its running statistics in training too, and leaves them as they are. */
  readonly frozenStatistics?: boolean;
  /** What random layers draw from in training: the step's counter [4], u32 (see `dropout`). */
  readonly counter?: Tensor;
}

export abstract class Module {
  /** Traces the layer. */
  abstract forward(trace: Trace, x: Tensor): Tensor;

  /** `forward` under the layer's name, so that nodes can be told apart in a plan's explanation. */
  protected call(trace: Trace, name: string, child: Module, x: Tensor): Tensor {
    return trace.graph.within(name, () => child.forward(trace, x));
  }

  /** Parameters and buffers by state_dict name, in the order of the properties. */
  *namedState(prefix = ""): Generator<[string, Parameter | BufferState]> {
    for (const [key, value] of Object.entries(this)) {
      const name = prefix === "" ? key : `${prefix}.${key}`;
      if (value instanceof Parameter || value instanceof BufferState) {
        yield [name, value];
      } else if (value instanceof Module) {
        yield* value.namedState(name);
      }
    }
  }

  /** The layer at a path of names, as `layer1.0.conv1`. Throws an InputError where there is none. */
  submodule(path: string): Module {
    let module: Module = this;
    for (const name of path.split(".")) {
      const child = (module as unknown as Record<string, unknown>)[name];
      if (!(child instanceof Module)) {
        throw new InputError(`module: there is no layer ${path}`);
      }
      module = child;
    }
    return module;
  }

  /** Parameters by state_dict name. */
  namedParameters(): Map<string, Parameter> {
    const parameters = [...this.namedState()].filter(
      (entry): entry is [string, Parameter] => entry[1] instanceof Parameter,
    );
    return new Map(parameters);
  }
}

/** Layers one after another, named 0, 1, 2, …, as torch.nn.Sequential. */
export class Sequential extends Module {
  readonly #length: number;

  constructor(...layers: Module[]) {
    super();
    this.#length = layers.length;
    Object.assign(this, layers);
  }

  override forward(trace: Trace, x: Tensor): Tensor {
    let y = x;
    for (let i = 0; i < this.#length; i++) {
      y = this.call(trace, String(i), this.layer(i), y);
    }
    return y;
  }

  layer(index: number): Module {
    const layer = (this as unknown as Record<string, Module | undefined>)[String(index)];
    if (layer === undefined) {
      throw new InputError(`sequential: there is no layer ${index}; it has ${this.#length}`);
    }
    return layer;
  }
}
