// Whether a testbed is of what a run is evaluated on: what both say of data, classes and restriction is compared. What cannot be meant
// is refused; what may be meant is put into words that go with every number.
import { InputError } from "@er/errors";
import type { LoadedTestbed } from "./testbed.js";

/** What a run says of its evaluations, as far as it is known. */
export interface EvaluatedOn {
  /** The splits' names in the run. */
  readonly id: string;
  readonly ood: string;
  /** By name: examples; the SHA-256 of images and labels; how many examples each class has, in the order of the model's outputs. */
  readonly splits: Readonly<Record<string, EvaluatedSplit>>;
  /** In the order of the model's outputs. */
  readonly classNames?: readonly string[];
  readonly restrictClasses: boolean;
}

export interface EvaluatedSplit {
  readonly n: number;
  readonly sha256?: string;
  readonly classCounts?: readonly number[];
}

/** The names by which the splits of the built-in testbeds go in the field, lower case and without punctuation. */
const KNOWN_AS: readonly (readonly [testbed: RegExp, id: RegExp, ood: RegExp])[] = [
  [/^cifar10\.1/, /^(original|cifar10|cifar10test|id|test)$/, /^(v4|v6|cifar101(v4|v6)?)$/],
  [/^imagenetv2/, /^(val|imagenet(1k)?(val)?|ilsvrc2012(val)?|id|test)$/, /^imagenetv2/],
  [/^objectnet/, /^(valonobjectnetclasses|imagenet.*|val|id|test)$/, /^objectnet/],
  [/^imagenet-r/, /^(valonimagenetrclasses|imagenet.*|val|id|test)$/, /^imagenetr/],
];

/**
 * What there is to mind where a run is measured against a testbed.
 *
 * @param source as messages name the testbed
 * @param said whether the user said which OOD split of the run it is for
 * @returns a clause each; none where nothing disagrees
 * @throws InputError for a testbed of other classes, of restricted predictions where the run's are not (or the other way about), and for a
 *   built-in one that a differently named OOD split would be measured against without a word
 */
export function testbedCaveats(source: string, testbed: LoadedTestbed, run: EvaluatedOn, said: boolean): string[] {
  refuseOtherRule(source, testbed, run);
  return [...nameCaveats(source, testbed, run, said), ...dataCaveats(source, testbed, run)];
}

function refuseOtherRule(source: string, { built }: LoadedTestbed, run: EvaluatedOn): void {
  if (built === undefined) return;
  if (built.restrictClasses !== run.restrictClasses) {
    const [with_, without] = built.restrictClasses ? ["testbed", "run"] : ["run", "testbed"];
    throw new InputError(
      `${source}: the ${with_}'s predictions are restricted to each split's own classes and the ${without}'s are not; accuracies of the two rules do not compare: set restrictClasses alike, or build the testbed anew`,
    );
  }
  const { classNames } = run;
  if (classNames !== undefined && built.classNames !== undefined) {
    const other =
      built.classNames.find((name) => !classNames.includes(name)) ??
      classNames.find((name) => !built.classNames!.includes(name));
    if (other !== undefined) {
      throw new InputError(
        `${source}: a testbed of other classes than the run's ("${other}" is of one alone); build one of the run's classes`,
      );
    }
  }
}

function nameCaveats(source: string, { named, splits }: LoadedTestbed, run: EvaluatedOn, said: boolean): string[] {
  if (named !== true) return [];
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
  const [, id, ood] = KNOWN_AS.find(([testbed]) => testbed.test(source)) ?? [];
  const caveats: string[] = [];
  if (ood !== undefined && !ood.test(plain(run.ood))) {
    if (!said) {
      throw new InputError(
        `${source}: is for ${splits.ood}, and the run's OOD split is called "${run.ood}"; if it is that, say so with testbed.ood (--split), else give another testbed`,
      );
    }
    caveats.push(`"${run.ood}" is measured against a testbed of ${splits.ood}`);
  }
  if (id !== undefined && !id.test(plain(run.id))) {
    caveats.push(`"${run.id}" stands for the testbed's ID split ${splits.id}`);
  }
  return caveats;
}

function dataCaveats(source: string, testbed: LoadedTestbed, run: EvaluatedOn): string[] {
  return (["id", "ood"] as const).flatMap((which) => {
    const own = Object.hasOwn(run.splits, run[which]) ? run.splits[run[which]] : undefined;
    if (own === undefined) return [];
    const theirs = testbed.splits[which];
    const n = sizeOf(testbed, which);
    if (n !== undefined && n !== own.n) {
      return [`the testbed ${source} is of ${n} examples of ${theirs}, the run's ${run[which]} has ${own.n}`];
    }
    const built = testbed.built?.splits;
    const sum = built !== undefined && Object.hasOwn(built, theirs) ? built[theirs]!.sha256 : undefined;
    if (sum !== undefined && own.sha256 !== undefined && sum !== own.sha256) {
      return [`the testbed ${source} was built on other images or labels of ${theirs} than the run's ${run[which]}`];
    }
    const counts = testbed.classCounts?.[which];
    const differs = own.classCounts?.findIndex((count, i) => count !== (counts?.[i] ?? 0)) ?? -1;
    return counts === undefined || differs < 0
      ? []
      : [
          `the testbed ${source} has ${counts[differs] ?? 0} examples of class ${differs} in ${theirs}, the run's ${run[which]} has ${own.classCounts![differs]}`,
        ];
  });
}

/** Examples of a split, where every model says the same. */
function sizeOf({ models }: LoadedTestbed, which: "id" | "ood"): number | undefined {
  const sizes = new Set(models.map((model) => model[which].n));
  return sizes.size === 1 ? [...sizes][0] : undefined;
}
