export { accuracyByStepFigure } from "./accuracy-by-step-figure.js";
export { accuracyFigure } from "./accuracy-figure.js";
export { erByAccuracyFigure, erByStepFigure } from "./er-figures.js";
export type { FigureStyle } from "./figure-parts.js";
export { reportHtml } from "./html.js";
export { renderSvg } from "./render.js";
export type { BaselineOfSplit, ErResult, Evaluation, RunReport, SplitResult } from "./run-report.js";
export { answer, summaryTable } from "./summary.js";
export type { ThemeName } from "./theme.js";
