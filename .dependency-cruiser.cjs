// The arrows between packages: er -> {experiment, profile} -> {models, data, metrics, report, hub} -> {engine, formats}.
// Read from the built JavaScript, where types are gone and every import is a real one.
const ours = ["engine", "formats", "data", "metrics", "models", "report", "profile", "hub", "experiment"];
const mayImport = {
  engine: [],
  formats: [],
  metrics: [],
  data: ["formats"],
  models: ["engine", "formats"],
  report: ["metrics"],
  profile: ["engine"],
  hub: [],
  experiment: ["data", "engine", "formats", "hub", "metrics", "models", "report"],
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
      name: "metrics-runs-in-a-browser",
      severity: "error",
      from: { path: "^packages/metrics/" },
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
