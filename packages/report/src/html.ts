// A study as one HTML page that needs nothing else: no network, and no script to be read. With scripts the figures say what the
// pointer is on.

import { answer, question } from "./answer.js";
import { escapeHtml } from "./escape-html.js";
import { figureStore } from "./figure-store.js";
import { figuresOf, inOrder, type SplitFigures } from "./figures.js";
import { type PageOptions, pageHtml } from "./page.js";
import { picture } from "./picture.js";
import { baselinesSection } from "./sections/baselines.js";
import { evaluationsSection } from "./sections/evaluations.js";
import { examplesSection } from "./sections/examples.js";
import { peaksSection } from "./sections/peaks.js";
import { reproduceSection } from "./sections/reproduce.js";
import { isFitted, type Study } from "./study.js";

const ABOUT_ER = `Effective robustness (ER) is the accuracy out of distribution less what the baseline predicts from the accuracy in
distribution. Each interval holds the sampling error of both accuracies and of the fitted line.`;
const ABOUT_NO_ER = `Effective robustness is the accuracy out of distribution less what a baseline of ordinary models predicts
from the accuracy in distribution. This run has no testbed to fit a baseline on, so the page shows accuracies alone; name or build
one with <code>testbed</code> in the configuration, or name one with <code>er report --testbed</code>.`;

/**
 * The report as a self-contained HTML page: question and answer, figures with their data, peaks, what was found example by
 * example, every evaluation, the baseline, and how to make it again. Without a baseline it has accuracies alone, and says so.
 * Follows the reader's light or dark setting and prints light.
 *
 * @throws InputError where a run lacks a split that the study names, or evaluations
 */
export async function reportHtml(study: Study, options: PageOptions = {}): Promise<string> {
  // First, because it checks the record before any figure is begun.
  const answers = study.oodSplits.map((split) => answersTo(study, split));
  const figures = study.oodSplits.map((split) => figuresOf(study, split));
  const splits = await Promise.all(study.oodSplits.map((split, i) => splitSection(study, split, figures[i]!)));
  const about = study.oodSplits.some((split) => isFitted(study, split)) ? ABOUT_ER : ABOUT_NO_ER;
  const main = `${answers.join("\n")}
<p class="note">${about}</p>
${splits.map(({ trajectories }) => trajectories).join("\n")}
${peaksSection(study)}
${splits.map(({ examples }) => examples).join("\n")}
${evaluationsSection(study)}
${baselinesSection(study)}
${reproduceSection(study)}`;
  return pageHtml({ title: study.title, main, figures: figureStore(figures.flatMap(inOrder)) }, options);
}

function answersTo(study: Study, split: string): string {
  const several = study.groups.length > 1;
  const said = study.groups.map((group) => {
    const text = escapeHtml(answer(study, group, split));
    return `<p class="answer">${several ? `<b>${escapeHtml(group.name)}.</b> ` : ""}${text}</p>`;
  });
  return `<p class="question">${escapeHtml(question(study, split))}</p>\n${said.join("\n")}`;
}

async function splitSection(study: Study, split: string, { trajectories, ...examples }: SplitFigures) {
  const pictures = await Promise.all(trajectories.map(picture));
  return {
    trajectories: `<h2>${escapeHtml(split)}</h2>\n${pictures.join("\n")}`,
    examples: await examplesSection(study, split, examples),
  };
}
