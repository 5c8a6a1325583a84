// The options that make up a configuration, for every command that takes one.
import { InputError } from "@er/engine";
import { type Config, type JsonObject, parseConfig, preset, readTextFile, setByPath } from "@er/experiment";
import type { Command } from "commander";
import { repeatedKey } from "./repeated-key.js";

export interface ConfigArguments {
  preset?: string;
  set: string[];
  seed?: string;
}

export function addConfigOptions(command: Command): Command {
  return command
    .argument("[config]", "a JSON file; with --preset it is laid over the preset")
    .option("--preset <name>", "a built-in configuration: demo")
    .option(
      "--set <path=value>",
      'set one value, such as train.batch=128; a name with dots as data.ood["cifar10.1"]=… or data.ood.cifar10\\.1=…; repeatable',
      (value, all: string[]) => [...all, value],
      [],
    )
    .option("--seed <n>", "fixes initial values, order and augmentation");
}

/** The configuration that the arguments make up. Throws an InputError where they name none, or it is wrong. */
export async function configFrom(file: string | undefined, options: ConfigArguments): Promise<Config> {
  if (file === undefined && options.preset === undefined) {
    throw new InputError("nothing to run; give a CONFIG.json or --preset demo");
  }
  const config: JsonObject = options.preset === undefined ? {} : preset(options.preset);
  if (file !== undefined) {
    Object.assign(config, await readJsonObject(file));
  }
  for (const assignment of options.set) {
    setByPath(config, assignment);
  }
  if (options.seed !== undefined) {
    setByPath(config, `seed=${options.seed}`);
  }
  return parseConfig(config, file ?? `preset ${options.preset}`);
}

/** @throws InputError for what would change what is gone on with */
export function refuseOnResume(
  file: string | undefined,
  { preset, set, seed, overwrite, tune }: ConfigArguments & ResumeArguments,
): void {
  refuseGiven("--resume goes on with the configuration in the directory", file, {
    preset,
    set: set[0],
    seed,
    overwrite,
    tune,
  });
}

interface ResumeArguments {
  overwrite?: boolean;
  resume?: boolean;
  tune?: string | true;
}

function refuseGiven(why: string, file: string | undefined, options: Readonly<Record<string, unknown>>): void {
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]));
  const names = [...(file === undefined ? [] : [file]), ...given];
  if (names.length > 0) {
    throw new InputError(`${why}; leave out ${names.join(", ")}`);
  }
}

/** @throws InputError for what makes another run, not a longer one */
export function refuseOnExtend(
  file: string | undefined,
  { preset, set, seed, overwrite, resume, tune }: ConfigArguments & ResumeArguments,
): void {
  refuseGiven("--extend goes on with the run in the directory", file, { preset, seed, overwrite, resume, tune });
  if (set.length === 0) {
    throw new InputError("--extend: how much longer? give --set train.steps=N or --set train.epochs=N");
  }
}

/** The arguments as they were given. */
export function commandLine(command: string, file: string | undefined, options: ConfigArguments): string {
  const parts = [`er ${command}`];
  if (file !== undefined) parts.push(file);
  if (options.preset !== undefined) parts.push(`--preset ${options.preset}`);
  for (const assignment of options.set) parts.push(`--set '${assignment}'`);
  if (options.seed !== undefined) parts.push(`--seed ${options.seed}`);
  return parts.join(" ");
}

async function readJsonObject(file: string): Promise<JsonObject> {
  const text = await readTextFile(file);
  try {
    // Such a key would change what the object inherits, and be seen by nobody.
    const value: unknown = JSON.parse(text, (key, each: unknown) => {
      if (key === "__proto__") throw new InputError(`${file}: "__proto__" is no key of a configuration; remove it`);
      return each;
    });
    const twice = repeatedKey(text);
    if (twice !== undefined) {
      throw new InputError(`${file}: ${JSON.stringify(twice)} is there twice in one object; give it once`);
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as JsonObject;
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError(`${file}: not JSON (${(cause as Error).message})`, { cause });
  }
  throw new InputError(`${file}: expected a JSON object`);
}
