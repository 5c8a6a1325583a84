// An exponential moving average of a model's weights and running statistics, beside the weights that are trained.
import {
  ema,
  type Graph,
  loadStateDict,
  type ParameterArena,
  type Runtime,
  type StateDict,
  type StateEntry,
  type StateTensor,
  stateDict,
} from "@er/engine";

export class WeightAverage {
  readonly #runtime: Runtime;
  readonly #arena: ParameterArena;
  /** What is averaged, and into what. */
  readonly #averages: ReadonlyMap<StateTensor, StateTensor>;

  constructor(runtime: Runtime, arena: ParameterArena) {
    this.#runtime = runtime;
    this.#arena = arena;
    this.#averages = new Map(
      [arena.values, ...arena.buffers.values()].map((state) => [
        state,
        { label: `average of ${state.label}`, shape: state.shape, dtype: "f32" },
      ]),
    );
  }

  /** Traces one step of the averages, after whatever changed the weights. */
  trace(graph: Graph, decay: number): void {
    for (const [state, average] of this.#averages) {
      ema(graph, state, average, decay);
    }
  }

  /** Puts the averages where the weights are now. */
  async begin(): Promise<void> {
    for (const [state, average] of this.#averages) {
      this.#runtime.writeState(average, (await this.#runtime.readState(state)) as Float32Array);
    }
  }

  /** Puts the weights where the averages are; the weights before are gone. */
  async apply(): Promise<void> {
    for (const [state, average] of this.#averages) {
      this.#runtime.writeState(state, (await this.#runtime.readState(average)) as Float32Array);
    }
  }

  /** Runs something with the averages in the place of the weights, which are back afterwards, bit for bit. */
  async instead<T>(run: () => Promise<T>): Promise<T> {
    const weights = new Map<StateTensor, Float32Array>();
    for (const state of this.#averages.keys()) {
      weights.set(state, (await this.#runtime.readState(state)) as Float32Array);
    }
    await this.apply();
    try {
      return await run();
    } finally {
      for (const [state, values] of weights) {
        this.#runtime.writeState(state, values);
      }
    }
  }

  /** The averages by state_dict name. */
  async stateDict(): Promise<StateDict> {
    return await this.instead(() => stateDict(this.#runtime, this.#arena));
  }

  /** Replaces the averages. Overwrites the weights: load them afterwards. */
  async load(entries: ReadonlyMap<string, StateEntry>): Promise<void> {
    loadStateDict(this.#runtime, this.#arena, entries);
    await this.begin();
  }

  /** Frees the averages. */
  destroy(): void {
    for (const average of this.#averages.values()) {
      this.#runtime.release(average);
    }
  }
}
