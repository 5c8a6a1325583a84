// The roofline model (Williams, Waterman and Patterson, CACM 2009): no dispatch can be over sooner than its operations at
// the adapter's peak rate, nor sooner than its bytes at the bandwidth. What it takes beyond that is lost.

/** One dispatch as measured. */
export interface TimedDispatch {
  readonly op: string;
  /** The module it was traced in; empty outside any. */
  readonly scope: string;
  readonly kernel: string;
  /** Floating-point operations that it does; a multiply-add counts as two. */
  readonly flops: number;
  /** Bytes of its bindings, each counted once. */
  readonly bytes: number;
  readonly ms: number;
}

/** The two roofs. */
export interface Roofs {
  /** GFLOP/s. */
  readonly fma_gflops: number;
  /** GB/s. */
  readonly copy_gbs: number;
}

export interface Bounded {
  readonly flops: number;
  readonly bytes: number;
  readonly ms: number;
  /** Null where it took no time that could be told. */
  readonly gflops: number | null;
  readonly gbs: number | null;
  /** The least time that the roofs allow, ms. */
  readonly bound_ms: number;
  /** bound_ms / ms; above 1 where bytes came from a cache. Null where no time could be told. */
  readonly share: number | null;
  /** ms − bound_ms, below 0 where share is above 1. */
  readonly lost_ms: number;
}

export interface RooflineRow extends TimedDispatch, Bounded {
  /** Which roof bounds it. */
  readonly roof: "arithmetic" | "memory";
}

export interface Roofline {
  /** By time lost, most first. */
  readonly rows: readonly RooflineRow[];
  /** The sums; its bound is the sum of the bounds. */
  readonly total: Bounded;
}

/** Sets each dispatch against its bound. */
export function roofline(dispatches: readonly TimedDispatch[], { fma_gflops, copy_gbs }: Roofs): Roofline {
  const rows = dispatches.map((dispatch): RooflineRow => {
    const arithmetic = dispatch.flops / fma_gflops / 1e6;
    const memory = dispatch.bytes / copy_gbs / 1e6;
    const roof = arithmetic >= memory ? "arithmetic" : "memory";
    return { ...dispatch, ...bounded(dispatch, Math.max(arithmetic, memory)), roof };
  });
  rows.sort((a, b) => b.lost_ms - a.lost_ms);
  return { rows, total: sumOf(rows) };
}

/** Rows added up: their operations, bytes, times and bounds. */
export function sumOf(rows: readonly Bounded[]): Bounded {
  const sum = (of: (row: Bounded) => number) => rows.reduce((total, row) => total + of(row), 0);
  const work = { flops: sum(({ flops }) => flops), bytes: sum(({ bytes }) => bytes), ms: sum(({ ms }) => ms) };
  return bounded(
    work,
    sum(({ bound_ms }) => bound_ms),
  );
}

function bounded({ flops, bytes, ms }: Pick<TimedDispatch, "flops" | "bytes" | "ms">, bound_ms: number): Bounded {
  const told = ms > 0;
  return {
    flops,
    bytes,
    ms,
    gflops: told ? flops / ms / 1e6 : null,
    gbs: told ? bytes / ms / 1e6 : null,
    bound_ms,
    share: told ? bound_ms / ms : null,
    lost_ms: ms - bound_ms,
  };
}
