// A record to write into.
import { OpenRecord } from "../../src/open-record.js";
import { RUN } from "../../src/run-kind.js";

export async function openTestRecord(directory: string): Promise<OpenRecord> {
  const record = await OpenRecord.lock(directory, RUN, { command: "test", onTakeOver: () => undefined });
  await record.begin();
  return record;
}
