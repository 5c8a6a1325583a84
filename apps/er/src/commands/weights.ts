// er weights: what there is to do with files of weights, a file each.
import { Command } from "commander";
import { weightsConvert } from "./weights-convert.js";
import { weightsInfo } from "./weights-info.js";

export const weights = new Command("weights")
  .description("files of weights")
  .addCommand(weightsInfo)
  .addCommand(weightsConvert);
