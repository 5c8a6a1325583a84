// The line of a progress bar: what is told comes before what only shows, so that a narrow terminal loses the bar and then the end.

export interface BarState {
  readonly title: string;
  readonly value: number;
  readonly total: number;
  /** ` ETA 12 s`, or nothing. */
  readonly left: string;
  readonly details: string;
}

/** Characters of the bar, where there is room for them, and the fewest that still show something. */
const [LONGEST, SHORTEST] = [24, 6];

/**
 * The line, no longer than the terminal is wide with the codes of its colours counted.
 *
 * @param width columns of the terminal
 * @param colour what turns the bar's colour on and off; empty without colours
 */
export function barLine(
  width: number,
  [on, off]: readonly [string, string],
  { title, value, total, left, details }: BarState,
): string {
  const counts = `${value}/${total}${left}`;
  const text = `${counts} ${details}`.trimEnd();
  // The last column stays free: a terminal may go to the next line after it.
  const room = width - 1 - title.length - text.length - 2 - on.length - off.length;
  if (room < SHORTEST) {
    const line = `${title} ${text}`;
    return line.length < width ? line : `${line.slice(0, width - 2)}…`;
  }
  const size = Math.min(LONGEST, room);
  const done = total === 0 ? size : Math.round((size * Math.min(value, total)) / total);
  return `${title} ${on}${"=".repeat(done)}${"-".repeat(size - done)}${off} ${text}`;
}
