// er bench: what is measured on the adapter.
import { Command } from "commander";
import { roofline } from "./bench-roofline.js";

export const bench = new Command("bench").description("measurements on the adapter").addCommand(roofline);
