// Runs that may go on, as a page: what there is to show of them now, made anew when their records have changed. Whoever asks
// for the page and how it is told of changes is not its matter.
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { type RunProgress, reportHtml, type Study, waitingHtml } from "@er/report";
import { FINAL_WEIGHTS } from "./record.js";
import { recordStamp } from "./record-stamp.js";
import { type RunStanding, runStanding } from "./run-standing.js";
import { runNames } from "./short-names.js";
import { loadStudy, type StudyOptions } from "./study.js";

/** What a page is made of, of a run's record. What trains a step touches training.jsonl alone. */
const SHOWN = ["manifest.json", "config.json", "metrics.jsonl", "testbed/testbed.json", FINAL_WEIGHTS];

/** What has changed: what the page shows, or where the runs stand alone. */
export type Change = "report" | "progress";

/** A page and the Content-Security-Policy nonce that its scripts carry. */
export interface Page {
  readonly html: string;
  readonly nonce: string;
}

/** What was to be made, or in words why there is none. */
type Outcome<T> = { readonly value: T } | { readonly reason: string };

const NOTHING: Outcome<Study> = {
  reason: "Nothing to show yet: none of the runs has been evaluated. This page fills in as soon as one is.",
};

export class FollowedRuns {
  readonly #directories: readonly string[];
  readonly #names: readonly string[];
  readonly #options: StudyOptions;
  #stamps = { report: "", progress: "" };
  #version = "";
  #shown: Outcome<Study> = NOTHING;
  #progress: readonly RunProgress[] = [];
  #page: Promise<Page> | undefined;
  /** Whether every run is finished, and what was to be found example by example is not looked for yet. */
  #examplesDue = false;

  /** @param directories of runs, which need not be there yet */
  constructor(directories: readonly string[], options: StudyOptions) {
    this.#directories = directories;
    this.#names = runNames(directories);
    this.#options = options;
  }

  /** Another whenever the page shows something else, also in another process. */
  get version(): string {
    return this.#version;
  }

  /** Where the runs stand that are not finished. */
  get progress(): readonly RunProgress[] {
    return this.#progress;
  }

  /**
   * Looks whether the records have changed since the last look. What is found example by example, which reads images and
   * predictions, is looked for when every run is finished, by a look of its own.
   *
   * @returns undefined where nothing has changed
   */
  async look(): Promise<Change | undefined> {
    const { testbed } = this.#options;
    const sources = testbed === undefined ? [] : [testbed, join(testbed, "testbed.json")];
    const files = (names: readonly string[]) =>
      this.#directories.flatMap((run) => names.map((name) => join(run, name)));
    // Before reading, so that what changes meanwhile is seen by the next look.
    const stamps = {
      report: await recordStamp([...files(SHOWN), ...sources]),
      progress: await recordStamp(files(["training.jsonl"])),
    };
    const before = this.#stamps;
    this.#stamps = stamps;
    if (stamps.report !== before.report) {
      await this.#read();
      return "report";
    }
    if (this.#examplesDue) {
      this.#examplesDue = false;
      this.#show(await this.#study(this.#directories, true));
      return "report";
    }
    if (stamps.progress !== before.progress) {
      this.#stand(await this.#standings());
      return "progress";
    }
    return undefined;
  }

  /**
   * The page as it is now, drawn where nobody has asked for it before.
   *
   * @param events where the page hears of changes, for a page of this version
   */
  async page(events: (version: string) => string): Promise<Page> {
    this.#page ??= this.#draw(events(this.#version));
    return await this.#page;
  }

  async #read(): Promise<void> {
    const standings = await this.#standings();
    this.#stand(standings);
    const evaluated = this.#directories.filter((_, i) => standings[i]!.evaluated);
    this.#show(evaluated.length === 0 ? NOTHING : await this.#study(evaluated, false));
    this.#examplesDue = this.#options.examples && standings.every(({ finished }) => finished);
  }

  #standings(): Promise<RunStanding[]> {
    return Promise.all(this.#directories.map(runStanding));
  }

  #stand(standings: readonly RunStanding[]): void {
    this.#progress = standings.flatMap(({ finished, text }, i) =>
      finished ? [] : [{ name: this.#names[i]!, standing: text }],
    );
    this.#page = undefined;
  }

  #show(shown: Outcome<Study>): void {
    this.#shown = shown;
    this.#page = undefined;
    const looked = "value" in shown && shown.value.examples !== undefined;
    this.#version = createHash("sha256").update(`${this.#stamps.report}\n${looked}`).digest("base64url").slice(0, 16);
  }

  async #study(directories: readonly string[], examples: boolean): Promise<Outcome<Study>> {
    return await outcomeOf(() => loadStudy(directories, { ...this.#options, examples }));
  }

  async #draw(events: string): Promise<Page> {
    const nonce = randomBytes(16).toString("base64");
    const options = { events, nonce, progress: this.#progress };
    const shown = this.#shown;
    const drawn = "reason" in shown ? shown : await outcomeOf(() => reportHtml(shown.value, options));
    const title = this.#options.title ?? this.#directories.join(", ");
    return { nonce, html: "value" in drawn ? drawn.value : waitingHtml(title, drawn.reason, options) };
  }
}

/** Whatever is wrong with a record is a reason: a run in progress may yet come right, and the others are to be followed meanwhile. */
async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}
