// TensorBoard's event files against those of its own writer.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { crc32c } from "../src/crc32c.js";
import { type ScalarEvent, tfEvent, tfEventsHeader } from "../src/index.js";

interface Golden {
  readonly headerTime: number;
  readonly events: readonly ScalarEvent[];
  readonly file: string;
  readonly crc32c: Readonly<Record<string, number>>;
}

const golden: Golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/formats_tfevents.json", import.meta.url), "utf8"),
);

describe("TensorBoard's event files", () => {
  it("are TensorBoard's own, byte for byte", () => {
    const file = Buffer.concat([tfEventsHeader(golden.headerTime), ...golden.events.map(tfEvent)]);
    expect(file.toString("base64")).toBe(golden.file);
  });
  it("have CRC-32C as checksum", () => {
    for (const [text, crc] of Object.entries(golden.crc32c)) expect(crc32c(Buffer.from(text))).toBe(crc);
  });
});
