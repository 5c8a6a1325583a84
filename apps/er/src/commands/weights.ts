// er weights: what there is to do with weights, published ones and files, a file each.
import { Command } from "commander";
import { weightsConvert } from "./weights-convert.js";
import { weightsGet } from "./weights-get.js";
import { weightsInfo } from "./weights-info.js";
import { weightsList } from "./weights-list.js";

export const weights = new Command("weights")
  .description("published weights, and files of weights")
  .addCommand(weightsList)
  .addCommand(weightsGet)
  .addCommand(weightsInfo)
  .addCommand(weightsConvert);
