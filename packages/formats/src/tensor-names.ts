// Names of tensors as models have them, without what wrappers put before every one.

/**
 * `DataParallel` and `AveragedModel`, `torch.compile`, Lightning's modules under either usual name, its strategies, FSDP.
 */
const PREFIXES = ["module.", "_orig_mod.", "model.", "net.", "_forward_module.", "_fsdp_wrapped_module."];

/** How many steps `AveragedModel` has averaged; it lies beside the names that begin with `module.`. */
const COUNTER = "n_averaged";

export interface Unprefixed<T> {
  readonly tensors: Map<string, T>;
  /** undefined for none */
  readonly prefix: string | undefined;
  /** counters of `AveragedModel` */
  readonly counters: readonly string[];
}

/** Strips prefixes, one inside another too, each only where every tensor has it. */
export function withoutPrefix<T>(tensors: ReadonlyMap<string, T>): Unprefixed<T> {
  let named = [...tensors];
  let prefix = "";
  const counters: string[] = [];
  for (;;) {
    const counted = named.filter(([name]) => name !== COUNTER);
    const found = PREFIXES.find((each) => counted.every(([name]) => name.startsWith(each) && name !== each));
    const averaged = counted.length < named.length;
    if (found === undefined || counted.length === 0 || (averaged && found !== "module.")) break;
    if (averaged) counters.push(prefix + COUNTER);
    prefix += found;
    named = counted.map(([name, tensor]) => [name.slice(found.length), tensor]);
  }
  return { tensors: new Map(named), prefix: prefix === "" ? undefined : prefix, counters };
}
