// Runs every check and every test, and ends with a line of counts: what `npm test` calls once all is built.
// With file filters as arguments it runs those tests alone.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const filters = process.argv.slice(2);
const checks = [
  ["biome", ["check", "--error-on-warnings", "."]],
  ["tsc", ["-p", "scripts/tsconfig.tests.json"]],
  ["knip", []],
  ["depcruise", ["--config", ".dependency-cruiser.cjs", "apps", "packages"]],
];
const counts = { passed: 0, failed: 0, skipped: 0 };

function npx(command, args) {
  console.log(`\n> ${command} ${args.join(" ")}`);
  return spawnSync(join("node_modules", ".bin", command), args, { stdio: "inherit" }).status === 0;
}

if (filters.length === 0) {
  for (const [command, args] of checks) {
    counts[npx(command, args) ? "passed" : "failed"] += 1;
  }
}
const directory = mkdtempSync(join(tmpdir(), "er-test-"));
const file = join(directory, "results.json");
const passed = npx("vitest", ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...filters]);
try {
  const results = JSON.parse(readFileSync(file, "utf8"));
  counts.passed += results.numPassedTests;
  counts.failed += results.numFailedTests;
  counts.skipped += results.numPendingTests;
  if (!passed && results.numFailedTests === 0) {
    counts.failed += 1;
  }
} catch (error) {
  console.error(`no test results: ${error.message}`);
  counts.failed += 1;
}
rmSync(directory, { recursive: true });
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
