// What is wrong with a configuration, in one line.
import { distance } from "fastest-levenshtein";
import { z } from "zod";
import type { JsonObject } from "./set-by-path.js";

/**
 * The most telling of the issues in one line.
 *
 * @param schema whose they are; the keys known where one is unknown are its own there
 */
export function describeIssues(issues: readonly z.core.$ZodIssue[], value: unknown, schema: z.core.$ZodType): string {
  const issue = deepest(issues);
  const path = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0]!;
    const [nearest] = keysAt(schema, issue.path).sort((a, b) => distance(key, a) - distance(key, b));
    const where = path === "" ? "" : ` in "${path}"`;
    const near = nearest !== undefined && distance(key, nearest) <= Math.max(2, key.length / 2);
    const hint = near ? `; did you mean "${nearest}"?` : "";
    return `unknown key "${key}"${where}${hint}`;
  }
  if (issue.code === "invalid_key") {
    const rule = issue.issues[0]?.message ?? issue.message;
    const parent = issue.path.slice(0, -1).join(".");
    return `"${parent}": ${JSON.stringify(issue.path.at(-1))} is no name for it; expected ${rule}`;
  }
  const given = issue.path.reduce<unknown>((at, key) => (at as JsonObject | undefined)?.[key as string], value);
  return `"${path}": ${issue.message}; got ${JSON.stringify(given) ?? "nothing"}`;
}

/** The most telling issue: of a union, that of the alternative which came furthest. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0]!;
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const inner = issue.errors
      .map((alternative) => deepest(alternative))
      .sort(
        (a, b) =>
          b.path.length - a.path.length ||
          Number(b.code === "unrecognized_keys") - Number(a.code === "unrecognized_keys"),
      )[0];
    if (inner !== undefined) {
      return { ...inner, path: [...issue.path, ...inner.path] };
    }
  }
  return issue;
}

/** The keys that a schema knows at a path; of a union, those of every alternative. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return keysAt(schema.unwrap(), path);
  }
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => keysAt(option, path));
  }
  if (!(schema instanceof z.ZodObject)) {
    return [];
  }
  const [first, ...rest] = path;
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  if (first === undefined) {
    return Object.keys(shape);
  }
  const inner = shape[String(first)];
  return inner === undefined ? [] : keysAt(inner, rest);
}
