// The progress line on terminals of several widths.
import { describe, expect, it } from "vitest";
import { barLine } from "../src/bar-line.js";

const COLOUR = ["\u001b[36m", "\u001b[0m"] as const;
const PLAIN = ["", ""] as const;
const state = {
  ...{ title: "train", value: 120, total: 240, left: " ETA 12 s" },
  details: "narrow (ID) 45.0 %, shifted 40.2 % (ER 3.2 points); 400 images/s, loss 1.204",
};

describe("the progress line", () => {
  it("shows accuracies and ER at 80 columns, where the bar has no room", () => {
    const line = barLine(80, PLAIN, state);
    expect(line).toContain("narrow (ID) 45.0 %, shifted 40.2 % (ER 3.2 points)");
    expect(line.length).toBeLessThan(80);
  });
  it("shows a bar as long as there is room", () => {
    expect(barLine(160, PLAIN, state)).toContain(`${"=".repeat(12)}${"-".repeat(12)} 120/240`);
    expect(barLine(160, COLOUR, state)).toContain(`${COLOUR[0]}${"=".repeat(12)}`);
  });
  it("is never longer than the terminal is wide", () => {
    for (let width = 20; width < 200; width++) {
      for (const colour of [PLAIN, COLOUR]) expect(barLine(width, colour, state).length).toBeLessThan(width);
    }
  });
});
