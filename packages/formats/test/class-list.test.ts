import { describe, expect, it } from "vitest";
import { readClassList } from "../src/index.js";

const read = (text: string) => readClassList(new TextEncoder().encode(text), "p.json");

describe("a JSON list of class numbers", () => {
  it.each(["[3,8,0]", "[3, 8, 0]\n", " [\n  3,\r\n\t8 , 0\n]\n"])("is what JSON.parse gives: %j", (text) => {
    expect([...read(text)]).toEqual(JSON.parse(text));
  });
  it("may be empty, hold one, or the largest class", () => {
    expect(read("[ ]")).toHaveLength(0);
    expect([...read("[7]")]).toEqual([7]);
    expect([...read("[65535,0]")]).toEqual([65535, 0]);
  });
  it("of two hundred thousand is read whole", () => {
    const classes = Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 1000);
    expect([...read(JSON.stringify(classes))]).toEqual(classes);
  });
  it.each([
    ["", "found the end at byte 0"],
    ["{}", 'found "{}" at byte 0'],
    ["[1,2", "at byte 3"],
    ["[1,]", 'found "]" at byte 3'],
    ["[,1]", 'found ",1]" at byte 1'],
    ["[1.5]", 'found "1.5]" at byte 1'],
    ["[-1]", 'found "-1]" at byte 1'],
    ["[1 2]", 'found "1 2]" at byte 1'],
    ["[01]", 'found "01]" at byte 1'],
    ['["cat"]', "at byte 1"],
    ["[65536]", 'found "65536]" at byte 1'],
    ["[1e3]", 'found "1e3]" at byte 1'],
    ["[1] x", 'found "x" at byte 4'],
  ])("refuses %j and says where", (text, message) => {
    expect(() => read(text)).toThrow(`p.json: expected a JSON list of class numbers from 0 to 65535`);
    expect(() => read(text)).toThrow(message);
  });
});
