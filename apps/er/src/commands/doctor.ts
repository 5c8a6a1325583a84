// er doctor: which adapters there are, which is used and why.
import { doctor as examine, formatDoctor } from "@er/engine";
import { Command } from "commander";
import { Output, type OutputOptions } from "../output.js";

export const doctor = new Command("doctor")
  .description("list every adapter, what it can do, which is chosen and why")
  .option("--json", "print the result as JSON")
  .action(async (options: OutputOptions) => {
    const report = await examine();
    new Output(options).answer(report, formatDoctor(report));
  });
