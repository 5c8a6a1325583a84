// One value of a configuration, set from the command line.
import { InputError } from "@er/engine";

/** A plain JSON object. */
export type JsonObject = { [key: string]: unknown };

/**
 * Sets one value by its dotted path: `train.batch=128`. A name with dots is written `data.ood["cifar10.1"]` or
 * `data.ood.cifar10\.1`. The value is read as JSON where it is JSON, else as text.
 *
 * @throws InputError for an assignment without "=" and for what is no path
 */
export function setByPath(config: JsonObject, assignment: string): void {
  const at = assignment.indexOf("=");
  if (at < 1) {
    throw new InputError(`--set ${assignment}: expected path=value, such as train.batch=128`);
  }
  const keys = keysOf(assignment, at);
  const text = assignment.slice(at + 1);
  let value: unknown = text;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Not JSON: a bare word such as a path or a spec, taken as it stands.
    if (!(error instanceof SyntaxError)) {
      throw error;
    }
  }
  let target = config;
  for (const key of keys.slice(0, -1)) {
    const next = Object.hasOwn(target, key) ? target[key] : undefined;
    if (next === undefined) {
      target[key] = {};
    } else if (typeof next !== "object" || next === null) {
      throw new InputError(`--set ${assignment}: "${key}" holds a value, not an object`);
    }
    target = target[key] as JsonObject;
  }
  target[keys.at(-1)!] = value;
}

/** A key after a dot, in which a backslash takes the next character as it is; or a JSON string in brackets. */
const KEY = /(?:^|\.)((?:[^.[\]\\]|\\.)+)|\[("(?:[^"\\]|\\.)*")\]/gy;

function keysOf(assignment: string, end: number): string[] {
  const path = assignment.slice(0, end);
  const found = [...path.matchAll(KEY)];
  if (found.reduce((length, [whole]) => length + whole.length, 0) !== path.length) {
    throw new InputError(
      `--set ${assignment}: "${path}" is no path; expected names joined by dots, one with dots as data.ood["cifar10.1"]`,
    );
  }
  const keys = found.map(([, plain, quoted]) =>
    quoted === undefined ? plain!.replace(/\\(.)/g, "$1") : (JSON.parse(quoted) as string),
  );
  if (keys.includes("__proto__")) {
    throw new InputError(`--set ${assignment}: "__proto__" is no key of a configuration; give another path`);
  }
  return keys;
}
