// Weights as a user names them: a file, or weights:NAME, which is a published one that er weights get has put into the cache.
import { join } from "node:path";
import { cacheDirectory, InputError } from "@er/engine";
import { exists, fileName, findWeights, type WeightsEntry } from "@er/hub";

export interface WeightsSource {
  readonly file: string;
  /** What is published of them, where they were named so. */
  readonly published: WeightsEntry | undefined;
}

const SCHEME = "weights:";

/** Where published weights are kept. It need not exist. */
export const weightsDirectory = () => join(cacheDirectory(), "weights");

/**
 * The file of weights.
 *
 * @param source a path, or `weights:NAME`
 * @throws InputError for a name that is not registered, and for weights that are not in the cache
 */
export async function weightsSource(source: string): Promise<WeightsSource> {
  if (!source.startsWith(SCHEME)) {
    return { file: source, published: undefined };
  }
  const published = findWeights(source.slice(SCHEME.length));
  const file = join(weightsDirectory(), fileName(published));
  if (!(await exists(file))) {
    throw new InputError(`${source}: not in the cache; fetch them with: er weights get ${published.name}`);
  }
  return { file, published };
}
