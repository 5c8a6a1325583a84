// A file from an HTTP server, perhaps through a proxy.
import type { IncomingHttpHeaders } from "node:http";
import { DownloadError, InputError } from "../errors.js";
import { networkFailure, statusFailure } from "./failure.js";
import { httpGet, type Response, type Timeouts } from "./http-get.js";
import type { Opened, Source, Wanted } from "./opened.js";
import { nextAddress } from "./redirect.js";

/** @param url of http: or https: */
export function httpSource(url: URL, timeouts: Timeouts): Source {
  // What is shown and noted has neither a password nor a key.
  return { url: `${url.origin}${url.pathname}`, open: (wanted) => open(url, timeouts, wanted) };
}

async function open(start: URL, timeouts: Timeouts, wanted: Wanted): Promise<Opened> {
  const visited = [start];
  for (;;) {
    const url = visited.at(-1)!;
    const response = await ask(url, timeouts, wanted);
    try {
      const { status, headers } = response;
      const next = nextAddress(status, headers.location, visited);
      if (next === undefined) return answer(response, url, wanted);
      response.discard();
      visited.push(next);
    } catch (error) {
      response.discard();
      throw error;
    }
  }
}

async function ask(url: URL, timeouts: Timeouts, { from, validator, signal }: Wanted): Promise<Response> {
  const resumes = from > 0 && { range: `bytes=${from}-`, ...(validator !== undefined && { "if-range": validator }) };
  const headers = { "user-agent": "effective-robustness", "accept-encoding": "identity", ...resumes };
  try {
    return await httpGet(url, headers, timeouts, signal);
  } catch (cause) {
    throw signal?.aborted === true || cause instanceof InputError ? cause : networkFailure(cause, url);
  }
}

/** @throws DownloadError where it is not the file, or another part of it than was asked for */
function answer({ status, headers, body, discard }: Response, url: URL, { from, signal }: Wanted): Opened {
  if (status === 416) {
    throw new DownloadError(`${url.host}: has no such part of the file`, { restart: true });
  }
  if (status !== 200 && status !== 206) {
    throw statusFailure(status, url, retryAfter(headers["retry-after"]));
  }
  const range = status === 206 ? contentRange(headers["content-range"]) : undefined;
  if (status === 206 && range?.from !== from) {
    throw new DownloadError(`${url.host}: sent another part of the file than was asked for`, { restart: true });
  }
  return { ...opened(headers, explained(body, url, signal), range), discard };
}

function opened(
  headers: IncomingHttpHeaders,
  body: AsyncIterable<Uint8Array>,
  range: { from: number; total: number | undefined } | undefined,
): Omit<Opened, "discard"> {
  const { etag, "content-length": length, "content-encoding": encoding } = headers;
  return {
    body,
    from: range?.from ?? 0,
    total: range === undefined ? wholeNumber(length) : range.total,
    // A weak ETag promises no equal bytes.
    validator: etag?.startsWith('"') === true ? etag : headers["last-modified"],
    encoding: encoding === "identity" ? undefined : encoding,
    delimited: length !== undefined || headers["transfer-encoding"] !== undefined,
  };
}

/** A body whose failures are told in our words. */
async function* explained(body: AsyncIterable<Uint8Array>, url: URL, signal: AbortSignal | undefined) {
  try {
    yield* body;
  } catch (cause) {
    throw signal?.aborted === true ? cause : networkFailure(cause, url);
  }
}

function contentRange(text: string | undefined): { from: number; total: number | undefined } | undefined {
  const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(text ?? "") ?? [];
  return from === undefined ? undefined : { from: Number(from), total: wholeNumber(total) };
}

/** Milliseconds of a Retry-After in seconds or as a date, at most a minute. */
function retryAfter(text: string | undefined): number | undefined {
  const milliseconds = wholeNumber(text) === undefined ? Date.parse(text ?? "") - Date.now() : Number(text) * 1000;
  return Number.isFinite(milliseconds) ? Math.min(Math.max(milliseconds, 0), 60_000) : undefined;
}

const wholeNumber = (text: string | undefined) => (/^\d+$/.test(text ?? "") ? Number(text) : undefined);
