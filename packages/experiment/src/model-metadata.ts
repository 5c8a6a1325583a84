// What weights are of, in the metadata of their safetensors file: enough to evaluate them with nothing else at hand.
import { InputError } from "@er/engine";
import { openFile, openTensors } from "@er/formats";
import { z } from "zod";
import type { Config } from "./config.js";
import { parseJson } from "./json.js";

const triple = z.tuple([z.number(), z.number(), z.number()]);
const descriptionSchema = z.object({
  model: z.string(),
  /** Channels of the first stage, where it is not the model's own. */
  width: z.number().int().positive().optional(),
  classNames: z.array(z.string()).min(1),
  normalization: z.object({ mean: triple, std: triple }),
});

/** A model by name, its classes in the order of its outputs, and what its images are normalised with. */
export type ModelDescription = z.infer<typeof descriptionSchema>;

/** The key of the metadata; its value is JSON, since safetensors has only text there. */
const KEY = "er.model";

export function modelMetadata({ model, normalization }: Config, classNames: readonly string[]): Record<string, string> {
  return { [KEY]: JSON.stringify({ model: model.name, width: model.width, classNames, normalization }) };
}

/**
 * What a weight file says of its model, whichever container it is and however it is called; undefined where it says nothing, as
 * foreign ones do.
 *
 * @throws InputError where the file cannot be read, or says something else under our key
 */
export async function readModelDescription(file: string): Promise<ModelDescription | undefined> {
  const source = await openFile(file);
  const { metadata } = await openTensors(source, file).finally(source.close);
  const text = metadata[KEY];
  if (text === undefined) {
    return undefined;
  }
  const result = descriptionSchema.safeParse(parseJson(text, `${file}: metadata ${KEY}`));
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new InputError(`${file}: metadata ${KEY} describes no model ("${path.join(".")}": ${message})`);
  }
  return result.data;
}
