import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/soak/**/*.soak.ts"],
    pool: "forks",
    // Its parts use both cores by themselves.
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 4 * 3600_000,
    hookTimeout: 600_000,
    env: { ER_ADAPTER: process.env.ER_ADAPTER ?? "swiftshader" },
  },
});
