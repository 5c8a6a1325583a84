// TensorBoard's event files: TFRecords (length, its checksum, payload, its checksum), each an Event message in protocol
// buffers. Field numbers are those of TensorFlow's event.proto and summary.proto. A file is a header and any number of events;
// events may be appended at any time.

import { PbfWriter } from "pbf";
import { crc32c } from "./crc32c.js";

/** Scalars of one step. */
export interface ScalarEvent {
  /** seconds since 1970 */
  readonly wallTime: number;
  /** a whole number, 0 or more */
  readonly step: number;
  /** by tag; kept as float32 */
  readonly scalars: Readonly<Record<string, number>>;
}

/**
 * The first record of an event file.
 *
 * @param wallTime seconds since 1970
 */
export function tfEventsHeader(wallTime: number): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, wallTime);
  event.writeStringField(3, "brain.Event:2");
  return tfRecord(event.finish());
}

/** One event's record. */
export function tfEvent({ wallTime, step, scalars }: ScalarEvent): Uint8Array {
  const event = new PbfWriter();
  event.writeDoubleField(1, wallTime);
  // A field of the default value is left out, as protocol buffers prescribe.
  if (step !== 0) {
    event.writeVarintField(2, step);
  }
  event.writeMessage(5, writeSummary, Object.entries(scalars));
  return tfRecord(event.finish());
}

function writeSummary(scalars: readonly (readonly [string, number])[], summary: PbfWriter): void {
  for (const scalar of scalars) {
    summary.writeMessage(1, writeValue, scalar);
  }
}

function writeValue([tag, value]: readonly [string, number], message: PbfWriter): void {
  message.writeStringField(1, tag);
  message.writeFloatField(2, value);
}

function tfRecord(payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(16 + payload.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true);
  record.set(payload, 12);
  view.setUint32(12 + payload.length, masked(crc32c(payload)), true);
  return record;
}

/** Rotated and shifted, so that the checksum of data with checksums in it stays a good one. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
