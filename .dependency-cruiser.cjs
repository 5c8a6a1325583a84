// The arrows between packages: er -> {experiment, profile} -> {models, data, metrics, report, hub} -> {engine, formats, files} -> errors.
// Read from the built JavaScript, where types are gone and every import is a real one.
const ours = [
  "errors",
  "files",
  "engine",
  "formats",
  "data",
  "metrics",
  "models",
  "report",
  "profile",
  "hub",
  "experiment",
];
const mayImport = {
  errors: [],
  files: ["errors"],
  engine: ["errors", "files"],
  formats: ["errors"],
  metrics: ["errors"],
  data: ["errors", "files", "formats"],
  models: ["engine", "formats"],
  report: ["errors", "metrics"],
  profile: ["engine"],
  hub: ["errors", "files"],
  experiment: ["data", "engine", "errors", "files", "formats", "hub", "metrics", "models", "report"],
};

module.exports = {
  forbidden: [
    ...ours.map((name) => ({
      name: `${name}-imports-only-what-it-may`,
      severity: "error",
      from: { path: `^packages/${name}/` },
      to: { path: `^packages/(?!${[name, ...mayImport[name]].join("/|")}/)|^apps/|^bench/` },
    })),
    { name: "no-circular-imports", severity: "error", from: {}, to: { circular: true } },
    {
      name: "metrics-and-errors-run-in-a-browser",
      severity: "error",
      from: { path: "^packages/(metrics|errors)/" },
      to: { dependencyTypes: ["core"] },
    },
  ],
  options: {
    includeOnly: "^(apps|packages)/[^/]+/dist/",
    exclude: { path: "[.]d[.]ts$" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "default"] },
  },
};
