// Server-sent events to everybody who listens.
import type { ServerResponse } from "node:http";

/** Milliseconds after which a browser whose connection was lost tries again. */
const RETRY = 1000;
/** Milliseconds between comments that keep a silent connection open, and find those that are gone. */
const HEARTBEAT = 15_000;

/** An event; `data` has no line break. */
export interface StreamEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

export class EventStreams {
  readonly #listeners = new Set<ServerResponse>();
  readonly #heartbeat = setInterval(() => this.#write(":\n\n"), HEARTBEAT);

  /** Takes a response whose head is written; `first` is what it is told at once. */
  add(response: ServerResponse, first: readonly StreamEvent[]): void {
    response.write(`retry: ${RETRY}\n\n${first.map(textOf).join("")}`);
    this.#listeners.add(response);
    response.on("close", () => this.#listeners.delete(response));
  }

  send(event: StreamEvent): void {
    this.#write(textOf(event));
  }

  /** Ends every stream. */
  close(): void {
    clearInterval(this.#heartbeat);
    for (const listener of this.#listeners) {
      listener.end();
    }
  }

  #write(text: string): void {
    for (const listener of this.#listeners) {
      listener.write(text);
    }
  }
}

function textOf({ event, id, data }: StreamEvent): string {
  return `event: ${event}\nid: ${id}\ndata: ${data}\n\n`;
}
