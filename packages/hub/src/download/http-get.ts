// One GET by Node's own client: it alone survives servers that hang up while a reader is slow (ARCHITECTURE.md).
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, get as overHttp } from "node:http";
import { get as overHttps } from "node:https";
import { proxyOf } from "./proxy.js";

/** Milliseconds until a connection is there, and between two signs of life after that. */
export interface Timeouts {
  readonly connect: number;
  readonly stall: number;
}

export interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Bytes as they are sent. Read to its end or left, the connection is closed. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Closes the connection where the body is not read. */
  discard(): void;
}

/** A failure with a code of our own, to be told apart like the system's. */
class Silence extends Error {
  readonly code: "ER_CONNECT_TIMEOUT" | "ER_STALL" | "ER_PROXY_REFUSED";
  constructor(code: Silence["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** @throws the system's own errors, with their codes, and ER_CONNECT_TIMEOUT, ER_STALL, ER_PROXY_REFUSED (a status as its message) */
export function httpGet(
  url: URL,
  headers: Record<string, string>,
  { connect, stall }: Timeouts,
  signal: AbortSignal | undefined,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const agent: Agent | false = proxyOf(url) ?? false;
    const request = (url.protocol === "https:" ? overHttps : overHttp)(url, {
      // Of a host's several addresses each is given so long; Node's own quarter of a second is too short for far ones.
      ...{ agent, headers, autoSelectFamilyAttemptTimeout: Math.min(3000, connect) },
      ...(signal !== undefined && { signal }),
    });
    const late = (code: Silence["code"], after: number) =>
      setTimeout(() => request.destroy(new Silence(code, `nothing for ${after} ms`)), after);
    let timer = late("ER_CONNECT_TIMEOUT", connect);
    const connected = () => {
      clearTimeout(timer);
      timer = late("ER_STALL", stall);
    };
    request.once("socket", (socket) => {
      if (socket.connecting) socket.once(url.protocol === "https:" ? "secureConnect" : "connect", connected);
      else connected();
    });
    request.once("proxyConnect", ({ statusCode }: { statusCode: number }) => {
      if (statusCode !== 200) request.destroy(new Silence("ER_PROXY_REFUSED", String(statusCode)));
    });
    request.once("response", (message) => {
      clearTimeout(timer);
      // Without a listener, an error before the body is read would be forgotten.
      message.on("error", reject);
      resolve({
        status: message.statusCode!,
        headers: message.headers,
        body: chunks(message, stall),
        discard: () => message.destroy(),
      });
    });
    // Stays for as long as the connection: what follows the end of a body may be no HTTP.
    request.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

/** Only the time that a chunk is waited for counts, not what the reader takes. */
async function* chunks(message: IncomingMessage, stall: number): AsyncGenerator<Uint8Array> {
  const iterator = message[Symbol.asyncIterator]();
  try {
    for (;;) {
      const timer = setTimeout(() => message.destroy(new Silence("ER_STALL", `nothing for ${stall} ms`)), stall);
      const next = await iterator.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      yield next.value as Uint8Array;
    }
  } finally {
    message.destroy();
  }
}
