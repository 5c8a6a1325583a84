// What was found example by example on one OOD split, as plain data for the report. The findings themselves are @er/metrics'.

import type { Interval, Proportion } from "@er/metrics";

/** How often each model is right where each other is wrong. */
export interface DominanceMatrix {
  /** the testbed's models by falling accuracy, then the study's */
  readonly models: readonly string[];
  /** how many of the models are the testbed's */
  readonly testbedModels: number;
  /** number of examples */
  readonly n: number;
  /** [models, models], row-major: examples that the row's model has right and the column's wrong */
  readonly counts: ArrayLike<number>;
}

/** An example that no testbed model gets right. */
export interface UnsolvedExample {
  /** place in the split */
  readonly index: number;
  readonly label: string;
  /** a PNG as data URI; undefined where the split's images are not at hand */
  readonly image?: string;
  /** what the study's models answered */
  readonly answers: readonly { readonly model: string; readonly answer: string; readonly right: boolean }[];
  /** what the testbed's models answered, the commonest first */
  readonly testbed: readonly { readonly answer: string; readonly models: number }[];
}

/** The examples that no testbed model gets right, and which of them the study's models do. */
export interface Unsolved {
  readonly n: number;
  readonly count: number;
  readonly testbedModels: number;
  readonly models: readonly {
    readonly model: string;
    readonly solved: number;
    readonly share: Proportion | undefined;
  }[];
  /** those that are shown, not all there are */
  readonly shown: readonly UnsolvedExample[];
}

/** One class of a model: its accuracies, and how far it stands above the line of that class. */
export interface ClassFinding {
  readonly name: string;
  readonly id: Proportion;
  readonly ood: Proportion;
  /** undefined where no line could be fitted; `refused` then says why */
  readonly er?: Interval & { readonly er: number };
  readonly refused?: string;
}

/** Everything found on one OOD split. */
export interface ExampleFindings {
  readonly dominance?: DominanceMatrix;
  readonly unsolved?: Unsolved;
  /** of one model, named */
  readonly classes?: { readonly model: string; readonly rows: readonly ClassFinding[] };
}
