// Failures of networks, servers and disks, each in one line that says what to do.
import { DownloadError, InputError } from "../errors.js";

const NO_NETWORK =
  "check the network, give HTTPS_PROXY where one is needed, or --from a folder or an address that has the file";

/** Codes of failures that may be gone a moment later. */
const PASSING: Readonly<Record<string, string>> = {
  EAI_AGAIN: "its name cannot be looked up now",
  ECONNREFUSED: "it refuses the connection",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  ERR_STREAM_PREMATURE_CLOSE: "the connection was cut",
  ETIMEDOUT: "no connection came about in time",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  ER_CONNECT_TIMEOUT: "no connection came about in time",
  ER_STALL: "it stopped answering",
};

const CERTIFICATE =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH|INVALID_CA)/;

/**
 * What a request that failed means.
 *
 * @param url that was asked for
 */
export function networkFailure(cause: unknown, url: URL): DownloadError {
  const code = codeOf(cause);
  const message = cause instanceof Error ? cause.message : String(cause);
  const passing = PASSING[code];
  if (passing !== undefined) {
    return new DownloadError(`${url.host}: ${passing}; ${NO_NETWORK}`, { cause, retry: true });
  }
  if (code === "ENOTFOUND") {
    return new DownloadError(`${url.host}: no such host; ${NO_NETWORK}`, { cause });
  }
  if (CERTIFICATE.test(code)) {
    return new DownloadError(
      `${url.host}: its certificate is not to be trusted (${code}); check the clock, and where a proxy has an authority of its own, give its certificate as NODE_EXTRA_CA_CERTS=FILE`,
      { cause },
    );
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) {
    return new DownloadError(`${url.host}: does not speak TLS as it should (${code}); check address and proxy`, {
      cause,
    });
  }
  if (code === "ER_PROXY_REFUSED") {
    return new DownloadError(
      `the proxy does not let through to ${url.host} (status ${message}); check HTTPS_PROXY, with user and password where it asks for them, or name the host in NO_PROXY`,
      { cause },
    );
  }
  return new DownloadError(`${url.host}: ${message} (${code || "no code"}); ${NO_NETWORK}`, { cause });
}

/** Statuses that may be gone a moment later. */
const PASSING_STATUS = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * What a response that is none means.
 *
 * @param after milliseconds that the server asks to be left alone
 */
export function statusFailure(status: number, url: URL, after: number | undefined): DownloadError {
  const where = `${url.host}${url.pathname}`;
  if (PASSING_STATUS.has(status)) {
    return new DownloadError(
      `${where}: the server cannot answer now (status ${status}); try again later, or give --from a folder or an address that has the file`,
      { retry: true, after },
    );
  }
  if (status === 404 || status === 410) {
    return new DownloadError(
      `${where}: not there (status ${status}); give --from a folder or an address that has the file`,
    );
  }
  if (status === 401 || status === 403) {
    return new DownloadError(
      `${where}: the server does not allow it (status ${status}); fetch the file by other means and give its folder as --from`,
    );
  }
  if (status === 407) {
    return new DownloadError(`the proxy asks who you are (status 407); give HTTPS_PROXY as http://USER:PASSWORD@HOST`);
  }
  return new DownloadError(`${where}: status ${status}, expected 200; check the address`);
}

/** What a failure to write means, undefined where it is none of these. */
export function diskFailure(cause: unknown, directory: string): DownloadError | InputError | undefined {
  const code = codeOf(cause);
  if (code === "EFBIG") {
    return new DownloadError(
      `${directory}: the system lets no file be so large; what came so far is kept: raise the limit (ulimit -f) and give the same command again, or name a folder elsewhere by ER_CACHE or --output`,
      { cause },
    );
  }
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new DownloadError(
      `${directory}: no space left; what came so far is kept: make room and give the same command again, or name a folder elsewhere by ER_CACHE or --output`,
      { cause },
    );
  }
  if (["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "EISDIR"].includes(code)) {
    return new InputError(
      `${directory}: cannot be written to (${code}); expected a folder of yours: set ER_CACHE or give --output`,
      { cause },
    );
  }
  return undefined;
}

/** The system's, of an error that tells it in words too. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return "code" in error ? String(error.code) : codeOf(error.cause);
}
