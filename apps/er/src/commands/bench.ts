// er bench: what is measured on the adapter.
import { Command } from "commander";
import { roofline } from "./bench-roofline.js";
import { addTuning } from "./bench-tune.js";

export const bench = addTuning(new Command("bench").description("measurements on the adapter")).addCommand(roofline);
