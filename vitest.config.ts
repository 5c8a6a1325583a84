import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // The same adapter everywhere unless another is asked for: the one that comes with the dependencies.
    env: { ER_ADAPTER: process.env.ER_ADAPTER ?? "swiftshader" },
  },
});
