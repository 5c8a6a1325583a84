// A server that answers as a test says, and a proxy before it: on this machine, on ports that the system chooses.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Running {
  readonly url: string;
  /** What came, in order: `GET /path`, with ` RANGE` where one was asked for. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** @param answers the first request's, the second's, …; the last one answers all that follow */
export async function serve(...answers: Answer[]): Promise<Running> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const answer = answers[Math.min(requests.length, answers.length - 1)]!;
    requests.push(`${request.method} ${request.url} ${request.headers.range ?? ""}`.trimEnd());
    answer(request, response);
  });
  return { ...(await listen(server)), requests };
}

/** A proxy that takes requests for http: as they are and opens tunnels for CONNECT. */
export async function proxy(refuse?: number): Promise<Running> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    if (refuse !== undefined) {
      response.writeHead(refuse).end();
      return;
    }
    const answer = await fetch(request.url!);
    response.writeHead(answer.status, { "content-length": answer.headers.get("content-length")! });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  server.on("connect", (request, socket: Socket) => {
    requests.push(`CONNECT ${request.url}`);
    if (refuse !== undefined) {
      socket.end(`HTTP/1.1 ${refuse} No\r\n\r\n`);
      return;
    }
    const [host, port] = request.url!.split(":");
    const upstream = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  return { ...(await listen(server)), requests };
}

async function listen(server: Server): Promise<Omit<Running, "requests">> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The whole file, or the part that is asked for where If-Range allows it. */
export function whole(body: Uint8Array, headers: Record<string, string> = { etag: '"1"' }): Answer {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const unchanged = request.headers["if-range"] === undefined || request.headers["if-range"] === headers.etag;
    if (from === 0 || !unchanged) {
      response.writeHead(200, { ...headers, "content-length": body.length }).end(body);
    } else {
      const range = `bytes ${from}-${body.length - 1}/${body.length}`;
      response.writeHead(206, { ...headers, "content-range": range, "content-length": body.length - from });
      response.end(body.subarray(from));
    }
  };
}

let told: (() => void) | undefined;
let [arrived, wanted] = [0, Number.POSITIVE_INFINITY];

/** Tell it how many bytes have arrived: what answers with {@link cutAfter} waits for them, not for a time. */
export function tellArrived(bytes: number): void {
  arrived = bytes;
  if (arrived >= wanted) told?.();
}

/** Calls back once so many bytes have arrived. */
export function onceArrived(bytes: number, call: () => void): void {
  [arrived, wanted] = [0, bytes];
  told = () => {
    told = undefined;
    call();
  };
}

/** The whole file, cut off once some bytes of it have arrived. */
export function cutAfter(bytes: number, body: Uint8Array, headers: Record<string, string> = { etag: '"1"' }): Answer {
  return (_, response) => {
    response.writeHead(200, { ...headers, "content-length": body.length });
    onceArrived(bytes, () => response.destroy());
    response.write(body.subarray(0, bytes));
  };
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_, response) => void response.writeHead(code, headers).end("no");
}
