// er weights: what there is to do with weights, a file each.
import { Command } from "commander";
import { weightsGet } from "./weights-get.js";
import { weightsList } from "./weights-list.js";

export const weights = new Command("weights")
  .description("published weights")
  .addCommand(weightsList)
  .addCommand(weightsGet);
