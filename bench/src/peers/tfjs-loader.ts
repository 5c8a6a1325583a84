// Module hooks that let Node load TensorFlow.js's ES modules: its packages name a CommonJS bundle without gradients as
// main, call their modules CommonJS, and import without file extensions.

type Resolved = { url: string; format?: string | null; shortCircuit?: boolean };
type Context = { parentURL?: string };
type Next = (specifier: string, context: Context) => Promise<Resolved>;

export async function resolve(specifier: string, context: Context, next: Next): Promise<Resolved> {
  const bare = /^@tensorflow\/[^/]+$/.test(specifier);
  const inside = specifier.startsWith(".") && (context.parentURL ?? "").includes("/@tensorflow/");
  const deep = /^@tensorflow\/[^/]+\/dist\//.test(specifier);
  if (!bare && !inside && !deep) {
    return await next(specifier, context);
  }
  const candidates = bare ? [`${specifier}/dist/index.js`] : [specifier, `${specifier}.js`, `${specifier}/index.js`];
  for (const candidate of candidates.slice(0, -1)) {
    try {
      return { ...(await next(candidate, context)), format: "module" };
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== "ERR_MODULE_NOT_FOUND" && code !== "ERR_UNSUPPORTED_DIR_IMPORT") {
        throw error;
      }
    }
  }
  return { ...(await next(candidates.at(-1)!, context)), format: "module" };
}
