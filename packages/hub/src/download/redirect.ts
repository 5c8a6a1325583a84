// Where a redirect leads.
import { DownloadError } from "../errors.js";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/** The most addresses that one file is looked for at. */
const MOST = 10;

/**
 * The address that a response sends on to; undefined where it is no redirect.
 *
 * @param visited the addresses asked so far, the last one last
 * @throws DownloadError for a circle, too many, an address that is none, and a way out of TLS
 */
export function nextAddress(status: number, location: string | undefined, visited: readonly URL[]): URL | undefined {
  if (!REDIRECTS.has(status)) return undefined;
  const last = visited.at(-1)!;
  const next = URL.canParse(location ?? "", last.href) ? new URL(location ?? "", last) : undefined;
  if (location === undefined || next === undefined || !/^https?:$/.test(next.protocol)) {
    throw new DownloadError(`${last.host}: sends on to no address (${location ?? "none given"}); give --from another`);
  }
  if (last.protocol === "https:" && next.protocol === "http:") {
    throw new DownloadError(
      `${last.host}: sends on to ${next.host} without TLS, where anyone could change the bytes; give --from another address`,
    );
  }
  if (visited.some(({ href }) => href === next.href) || visited.length >= MOST) {
    throw new DownloadError(
      `${last.host}: sends on in a circle, or more than ${MOST} times; give --from another address`,
    );
  }
  return next;
}
