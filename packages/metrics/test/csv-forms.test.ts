// The forms that tables of accuracies come in: read to the same models, or refused with file and line.
import { describe, expect, it } from "vitest";
import { parseKindsCsv, parseModelList, parseTestbedCsv, type TestbedCsvOptions } from "../src/index.js";

const columns = { id: "val", ood: "v2", unit: "auto", what: "t.csv" } as const;
const read = (text: string, options: Partial<TestbedCsvOptions> = {}) =>
  parseTestbedCsv(text, { ...columns, ...options }).models;

const models = [
  { model: "a", id: { accuracy: 0.765 }, ood: { accuracy: 0.6325 } },
  { model: "b", id: { accuracy: 0.5 }, ood: { accuracy: 0.4 } },
];

describe("tables of accuracies are read", () => {
  it.each([
    ["with a byte order mark", "\uFEFFmodel,val,v2\na,76.5,63.25\nb,50,40\n"],
    ["with lines that end in CR alone", "model,val,v2\ra,76.5,63.25\rb,50,40\r"],
    ["with semicolons and decimal commas", "model;val;v2\na;76,5;63,25\nb;50;40\n"],
    ["with semicolons and decimal points", "model;val;v2\na;76.5;63.25\nb;50;40\n"],
    ["with tabs", "model\tval\tv2\na\t76.5\t63.25\nb\t50\t40\n"],
    ["with the line that names the separator", "\uFEFFsep=;\r\nmodel;val;v2\r\na;76,5;63,25\r\nb;50;40\r\n"],
    ["with comments and blank lines", "# from us\n\nmodel,val,v2\n# best\na,76.5,63.25\n\nb,50,40\n"],
    ["with lines of empty cells, as spreadsheets write them", ",,\nmodel,val,v2\na,76.5,63.25\n,,\nb,50,40\n,,\n"],
    ["with an index before the column model", ",model,val,v2\n0,a,76.5,63.25\n1,b,50,40\n"],
    ["with quotes and spaces about cells", 'model, val ,v2\n"a" , 76.5,"63.25"\nb,50,40\n'],
  ])("%s", (_, text) => {
    expect(read(text)).toEqual(models);
  });
  it("with the column of names called Model, wherever it stands", () => {
    expect(read("val,v2,Model\n76.5,63.25,a\n50,40,b\n")).toEqual(models);
  });
  it("with numbers of examples as tables with gaps have them", () => {
    const [a, b] = read("model,val,v2,n_id\na,76.5,63.25,10000.0\nb,50,40,\n");
    expect([a!.id.n, b!.id.n]).toEqual([10_000, undefined]);
  });
});

describe("tables of accuracies are refused, with file, line and column", () => {
  const refused: readonly (readonly [string, string, string])[] = [
    [
      "numbers of examples with a point for the thousands",
      "model,val,v2,n_id\na,76.5,63.25,50.000\n",
      't.csv, line 2, column "n_id": got "50.000"; expected a whole number of examples, in digits alone',
    ],
    [
      "numbers of examples with a comma for the thousands",
      "model;val;v2;n_ood\na;76,5;63,25;10,000\n",
      't.csv, line 2, column "n_ood": got "10,000"',
    ],
    [
      "accuracies with marks for the thousands",
      "model;val;v2\na;1.076,5;63\n",
      't.csv, line 2, column "val": got "1.076,5"; expected a number',
    ],
    ["hexadecimal numbers", "model,val,v2\na,0x10,63\n", 't.csv, line 2, column "val": got "0x10"; expected a number'],
    ["per cent signs", "model,val,v2\na,76%,63%\n", 't.csv, line 2, column "val": got "76%"; expected a number'],
    ["NaN", "model,val,v2\na,NaN,63\n", 'got "NaN"; expected a number, or nothing for a missing evaluation'],
    ["infinity", "model,val,v2\na,inf,63\n", 'got "inf"'],
    ["1e308", "model,val,v2\na,1e308,63\n", "got 1e+308; expected per cent from 0 to 100"],
    [
      "a model in fractions amid others in per cent",
      "model,val,v2\na,76.5,63\nb,0.5,0.4\n",
      't.csv, line 3: model "b" has 0.5 and 0.4, which look like fractions',
    ],
    ["a line without a name", "model,val,v2\n,76.5,63\n", "t.csv, line 2: no name of a model"],
    [
      "numbers where names are expected",
      "rank,net,val,v2\n0.0,a,76.5,63\n1.0,b,50,40\n",
      't.csv: the first column, "rank", holds numbers where names of models are expected',
    ],
    [
      "a known column in other case",
      "model,Kind,val,v2\na,standard,76.5,63\n",
      't.csv: column "Kind" is read where it is called "kind"',
    ],
    [
      "names that differ in case alone",
      "model,val,v2\na,76.5,63\nA,50,40\n",
      't.csv, line 3: model "A" is given as "a" too, first on line 2',
    ],
    ["other separators", "model|val|v2\na|76.5|63\n", "expected cells separated by commas, semicolons or tabs"],
    ["a header alone of another file", "<!DOCTYPE html>\n<html>\n", "one column alone"],
  ];
  it.each(refused)("%s", (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
  it("not models of chance in per cent, where the unit is said or others are on their way up", () => {
    const text = "model,val,v2\na,76.5,63.25\nb,0.1,0.1\n";
    expect(read(text, { unit: "percent" })[1]!.id.accuracy).toBeCloseTo(0.001, 15);
    expect(read(`${text}c,5,4\n`)[1]!.id.accuracy).toBeCloseTo(0.001, 15);
  });
});

describe("kinds of models", () => {
  const kinds = (text: string) => read("model,val,v2\na,76.5,63\nb,50,40\n", { kinds: parseKindsCsv(text) });
  it("are found by name, whatever the form", () => {
    expect(kinds("\uFEFFmodel;type\na;standard\nz;standard\n").map(({ kind }) => kind)).toEqual([
      "standard",
      undefined,
    ]);
  });
  it("that match no model are refused", () => {
    expect(() => kinds("model,type\nc,standard\n")).toThrow("none of its 1 models is in t.csv");
  });
  it("of names that differ in case alone are refused", () => {
    expect(() => kinds("model,type\nA,standard\n")).toThrow('"A" is "a" in t.csv; write both alike');
  });
  it("of one model twice are refused", () => {
    expect(() => kinds("model,type\na,standard\na,more_data\n")).toThrow('line 3: model "a" is given twice');
  });
});

describe("a list of models", () => {
  it("is a name a line or a column, with comments and other separators", () => {
    expect(parseModelList("# best\na\n\nb\n")).toEqual(["a", "b"]);
    expect(parseModelList("rank;model\n1;a\n2;b\n")).toEqual(["a", "b"]);
    expect(parseModelList("# best\nrank,Model\n1,a\n2,b\n")).toEqual(["a", "b"]);
  });
});
