// er testbed: what there is to do with testbeds, a file each.
import { Command } from "commander";
import { testbedBuild } from "./testbed-build.js";
import { testbedImport } from "./testbed-import.js";
import { testbedList } from "./testbed-list.js";
import { testbedShow } from "./testbed-show.js";

export const testbed = new Command("testbed")
  .description("testbeds of ordinary models")
  .addCommand(testbedList)
  .addCommand(testbedShow)
  .addCommand(testbedImport)
  .addCommand(testbedBuild);
