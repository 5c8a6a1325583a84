// What a training step of ours is measured by beside its time: the calling thread's share, and each dispatch.
import type { Program, Runtime } from "@er/engine";
import { type HostTime, median, medianHostTime, sampleHostTime, type TimedDispatch } from "@er/profile";

export interface StepSamples {
  readonly host: HostTime;
  /** In the plan's order; empty where they were not asked for or the adapter has no timestamp queries. */
  readonly dispatches: readonly TimedDispatch[];
}

/** Samples a round of what a run costs the calling thread. */
const HOST_SAMPLES = 4;

export class StepSampler {
  readonly #runtime: Runtime;
  readonly #program: Program;
  readonly #profile: boolean;
  readonly #hosts: HostTime[] = [];
  readonly #profiles: number[][] = [];

  /** @param profile whether to time each dispatch */
  constructor(runtime: Runtime, program: Program, profile: boolean) {
    this.#runtime = runtime;
    this.#program = program;
    this.#profile = profile;
  }

  /** Once a round. */
  async sample(): Promise<void> {
    for (let i = 0; i < HOST_SAMPLES; i++) {
      this.#hosts.push(await sampleHostTime(this.#runtime, this.#program));
    }
    const times = this.#profile ? await this.#program.profile() : undefined;
    if (times !== undefined) {
      this.#profiles.push(times);
    }
  }

  medians(): StepSamples {
    const steps = this.#profiles.length === 0 ? [] : this.#program.plan.steps;
    const dispatches = steps.map(({ op, scope, kernel, flops, bytes }, i) => {
      return { op, scope, kernel, flops, bytes, ms: median(this.#profiles.map((times) => times[i]!)) };
    });
    return { host: medianHostTime(this.#hosts), dispatches };
  }
}
