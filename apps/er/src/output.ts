// What a command shows: with --json one document on standard output, otherwise text for people; logs always go to standard
// error, quiet under --quiet, and a progress bar only where a person watches.
// Names come out of files, so nothing is shown that would move the terminal or forge a line.
import { printable } from "@er/errors";
import { SingleBar } from "cli-progress";
import { barLine } from "./bar-line.js";

export interface OutputOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

interface Began {
  readonly title: string;
  readonly done: number;
  /** milliseconds */
  readonly time: number;
}

/** ` ETA 12 s` by the pace so far; nothing where there is none yet. */
function eta(began: Began, done: number, total: number): string {
  const pace = (performance.now() - began.time) / (done - began.done);
  return Number.isFinite(pace) ? ` ETA ${Math.round((pace * (total - done)) / 1000)} s` : "";
}

export class Output {
  readonly #json: boolean;
  readonly #quiet: boolean;
  #bar: SingleBar | undefined;
  #barTitle = "";
  /** What was last begun, to tell how long it will take. */
  #began: Began | undefined;

  constructor(options: OutputOptions) {
    this.#json = options.json ?? false;
    this.#quiet = options.quiet ?? false;
  }

  /** The command's answer: `value` under --json, `text` otherwise. */
  answer(value: unknown, text: string): void {
    this.endProgress();
    // In JSON what is escaped can only stand in strings, where the escape says the same.
    process.stdout.write(`${printable(this.#json ? JSON.stringify(value, null, 2) : text, "\n")}\n`);
  }

  /** A line of the log. */
  log(text: string): void {
    if (!this.#quiet) {
      this.endProgress();
      process.stderr.write(`${printable(text)}\n`);
    }
  }

  /** A line that is said under --quiet too. */
  warn(text: string): void {
    this.endProgress();
    process.stderr.write(`${printable(text)}\n`);
  }

  /** Moves the progress bar; on anything but a terminal, writes a line each tenth of the way. */
  progress(name: string, done: number, total: number, about: string): void {
    if (this.#quiet) {
      return;
    }
    const [title, details] = [printable(name), printable(about)];
    const began = this.#began?.title === title ? this.#began : { title, done, time: performance.now() };
    this.#began = began;
    const left = eta(began, done, total);
    if (!process.stderr.isTTY) {
      const tenth = Math.floor((10 * done) / total);
      const mark = `${title} ${tenth}`;
      if (mark !== this.#barTitle) {
        this.#barTitle = mark;
        process.stderr.write(`${title} ${done}/${total}${left} ${details}`.trimEnd().concat("\n"));
      }
      return;
    }
    if (this.#bar === undefined || this.#barTitle !== title) {
      this.endProgress();
      const colour = process.env.NO_COLOR === undefined ? (["\u001b[36m", "\u001b[0m"] as const) : (["", ""] as const);
      this.#bar = new SingleBar({
        format: (_, { value, total: all, maxWidth }, payload) =>
          barLine(maxWidth, colour, { title, value, total: all, left: payload.left, details: payload.details }),
        stream: process.stderr,
        hideCursor: true,
        // A line of the log takes the bar's place; the bar is drawn anew below it.
        clearOnComplete: true,
      });
      this.#bar.start(total, done, { details, left });
      this.#barTitle = title;
    }
    this.#bar.update(done, { details, left });
  }

  endProgress(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
