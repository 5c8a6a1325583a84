// The proxy that the environment names for an address: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in either case.
import type { Agent } from "node:http";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { getProxyForUrl } from "proxy-from-env";
import { InputError } from "../errors.js";

/**
 * What connects through the proxy: by a tunnel for https:, by handing over the request for http:; undefined where there is none.
 *
 * @throws InputError where the environment names something else than a proxy of http: or https:
 */
export function proxyOf(url: URL): Agent | undefined {
  const proxy = getProxyForUrl(url.href);
  if (proxy === "") return undefined;
  if (!URL.canParse(proxy) || !/^https?:$/.test(new URL(proxy).protocol)) {
    // Not quoted: it may hold a password.
    throw new InputError(
      `the proxy for ${url.protocol} (${url.protocol.slice(0, -1).toUpperCase()}_PROXY or ALL_PROXY) is no address of one; expected one such as http://proxy.example:3128`,
    );
  }
  return url.protocol === "https:" ? new HttpsProxyAgent(proxy) : new HttpProxyAgent(proxy);
}
