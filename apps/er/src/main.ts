#!/usr/bin/env node
// The command line: hands the arguments to a command and turns what it throws into one line and an exit code:
// 0 done, 1 failed, 2 bad input.
import { InputError, printable } from "@er/errors";
import { VERSION } from "@er/experiment";
import { Command, CommanderError } from "commander";
import { bench } from "./commands/bench.js";
import { churn } from "./commands/churn.js";
import { classes } from "./commands/classes.js";
import { compare } from "./commands/compare.js";
import { difficulty } from "./commands/difficulty.js";
import { doctor } from "./commands/doctor.js";
import { dominance } from "./commands/dominance.js";
import { evaluate } from "./commands/eval.js";
import { fit } from "./commands/fit.js";
import { interpolate } from "./commands/interpolate.js";
import { models } from "./commands/models.js";
import { report } from "./commands/report.js";
import { robustness } from "./commands/robustness.js";
import { testbed } from "./commands/testbed.js";
import { train } from "./commands/train.js";
import { trajectory } from "./commands/trajectory.js";
import { unsolved } from "./commands/unsolved.js";
import { verify } from "./commands/verify.js";
import { weights } from "./commands/weights.js";
import { refuseRepeated } from "./given-once.js";
import { guardProcess } from "./stop-signals.js";

guardProcess();

const program = new Command("er")
  .description("effective robustness throughout fine-tuning")
  .version(VERSION)
  // Otherwise options of er bench would be taken from er bench roofline, which has some of the same names.
  .enablePositionalOptions()
  .showSuggestionAfterError();
const commands = [
  train,
  testbed,
  evaluate,
  fit,
  robustness,
  interpolate,
  trajectory,
  compare,
  report,
  verify,
  dominance,
  unsolved,
  difficulty,
  classes,
  churn,
  models,
  weights,
  bench,
  doctor,
];
for (const command of commands) {
  program.addCommand(command);
}
for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  refuseRepeated(command);
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0) {
      // Without a subcommand commander has shown the help, and its message says nothing.
      process.stderr.write(error.code === "commander.help" ? "" : `${printable(error.message, "\n")}\n`);
      process.exitCode = 2;
    }
  } else if (error instanceof Error) {
    process.stderr.write(`er: ${printable(error.message)}\n`);
    process.exitCode = error instanceof InputError ? 2 : 1;
  } else {
    throw error;
  }
}
