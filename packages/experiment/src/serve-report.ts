// The report of runs that go on, in a browser on this machine: the page at /, what changes at /events.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { InputError } from "@er/engine";
import { progressHtml } from "@er/report";
import { EventStreams, type StreamEvent } from "./event-streams.js";
import { FollowedRuns } from "./followed-runs.js";
import { warn } from "./progress.js";
import type { StudyOptions } from "./study.js";

/** This machine alone: a report is nobody else's business, and the server asks nobody for a password. */
const HOST = "127.0.0.1";
const NAMES = [HOST, "localhost"];

export interface ServeOptions extends Omit<StudyOptions, "sets" | "signal"> {
  /** a free one where left out or 0 */
  readonly port?: number;
  /** milliseconds from one look at the records to the next; 1000 where left out */
  readonly interval?: number;
}

export interface ReportServer {
  /** http://127.0.0.1:PORT/ */
  readonly address: string;
  /** Resolves once all is closed; rejects where the runs could not be followed any further. */
  readonly closed: Promise<void>;
  /** Ends all connections. */
  close(): void;
}

/**
 * Serves the report of runs, finished or not, and follows them. Runs that have no evaluation yet, or do not exist yet, are
 * waited for, and the page says where they stand. `GET /` is the page, as `reportHtml` makes it; `GET /events` are server-sent
 * events: `report` when the page shows something new, `progress` with the runs' standing as HTML when that has changed.
 *
 * The records are looked at again and again, by time, size and inode: notices of changes (fs.watch) do not come over network
 * file systems, nor from directories that are not there yet, and are lost where a file is replaced, as those of a record are.
 *
 * @param directories of runs, at least one
 * @throws InputError for no directory, and for a port that is taken or no port
 */
export async function serveReport(directories: readonly string[], options: ServeOptions): Promise<ReportServer> {
  if (directories.length === 0) {
    throw new InputError("no runs given; give the directory of at least one");
  }
  const { port = 0, interval = 1000, ...study } = options;
  const stop = new AbortController();
  const runs = new FollowedRuns(directories, { ...study, signal: stop.signal });
  const streams = new EventStreams();
  const server = createServer((request, response) => {
    answer(request, response, runs, streams).catch((error: unknown) => {
      warn(options, `${request.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`);
      refuse(response, 500, "the report could not be made; the server's log says why");
    });
  });
  let address: string;
  try {
    await runs.look();
    address = await listen(server, port);
  } catch (error) {
    streams.close();
    throw error;
  }
  const ended = new Promise<void>((resolve) => server.on("close", () => resolve()));
  const close = () => {
    stop.abort();
    streams.close();
    server.close();
    server.closeAllConnections();
  };
  const followed = follow(runs, streams, interval, stop.signal).finally(close);
  return { address, close, closed: followed.then(() => ended) };
}

async function listen(server: Server, port: number): Promise<string> {
  server.listen(port, HOST);
  try {
    await once(server, "listening");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const said = code === "EADDRINUSE" ? "is in use" : `cannot be served on (${message})`;
    throw new InputError(`port ${port}: ${said}; give another, or none for a free one`, { cause });
  }
  return `http://${HOST}:${(server.address() as AddressInfo).port}/`;
}

async function follow(runs: FollowedRuns, streams: EventStreams, interval: number, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await sleep(interval, undefined, { signal });
      const change = await runs.look();
      if (change === "report") {
        streams.send(reportEvent(runs));
      }
      if (change !== undefined) {
        streams.send(progressEvent(runs));
      }
    }
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
  }
}

const reportEvent = ({ version }: FollowedRuns): StreamEvent => ({ event: "report", id: version, data: "new" });
const progressEvent = ({ version, progress }: FollowedRuns): StreamEvent => ({
  event: "progress",
  id: version,
  data: progressHtml(progress),
});

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  runs: FollowedRuns,
  streams: EventStreams,
): Promise<void> {
  response.setHeader("Cache-Control", "no-store").setHeader("X-Content-Type-Options", "nosniff");
  if (!isOurs(request)) {
    // A page elsewhere whose name was made to lead here would ask under its own name, and could then read what is served.
    refuse(response, 403, "this server answers to its own address alone");
  } else if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    refuse(response, 405, "only GET and HEAD");
  } else if (pathOf(request) === "/") {
    await servePage(request, response, runs);
  } else if (pathOf(request) === "/events") {
    serveEvents(request, response, runs, streams);
  } else {
    refuse(response, 404, "nothing here; the report is at /");
  }
}

function isOurs({ headers: { host }, socket }: IncomingMessage): boolean {
  return NAMES.some((name) => host === `${name}:${socket.localPort}` || (host === name && socket.localPort === 80));
}

function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

async function servePage({ method }: IncomingMessage, response: ServerResponse, runs: FollowedRuns): Promise<void> {
  const { html, nonce } = await runs.page((version) => `/events?page=${encodeURIComponent(version)}`);
  const policy = [
    "default-src 'none'",
    // Vega makes functions of the figures' expressions, and these are ours.
    `script-src 'nonce-${nonce}' 'unsafe-eval'`,
    "style-src 'unsafe-inline'",
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  response.writeHead(200, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": Buffer.byteLength(html),
    "Content-Security-Policy": policy.join("; "),
    "Referrer-Policy": "no-referrer",
  });
  response.end(method === "HEAD" ? undefined : html);
}

function serveEvents(
  request: IncomingMessage,
  response: ServerResponse,
  runs: FollowedRuns,
  streams: EventStreams,
): void {
  response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  // What the page was told last, or else what it was made of: it may have been away.
  const known = request.headers["last-event-id"] ?? queryOf(request).get("page");
  streams.add(response, [...(known === runs.version ? [] : [reportEvent(runs)]), progressEvent(runs)]);
}

/** Taken apart by hand: what clients send need not be an address. */
const pathOf = ({ url = "/" }: IncomingMessage) => url.split("?", 1)[0];
const queryOf = ({ url = "/" }: IncomingMessage) => new URLSearchParams(url.slice(url.indexOf("?") + 1));
