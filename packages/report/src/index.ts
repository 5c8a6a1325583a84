export { accuracyFigure, erByAccuracyFigure, erByStepFigure, type FigureStyle } from "./figures.js";
export { reportHtml } from "./html.js";
export { renderSvg } from "./render.js";
export type { BaselineOfSplit, ErResult, Evaluation, RunReport, SplitResult } from "./run-report.js";
export { answer, summaryTable } from "./summary.js";
export type { ThemeName } from "./theme.js";
