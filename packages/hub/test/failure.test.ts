// What is said of failures that a test cannot bring about: certificates, full disks, firewalls.
import { expect, test } from "vitest";
import { diskFailure, networkFailure } from "../src/download/failure.js";

const withCode = (code: string) => Object.assign(new Error("as the system says it"), { code });
const network = (code: string) => networkFailure(withCode(code), new URL("https://models.example/a.pth"));

test.each([
  ["CERT_HAS_EXPIRED", /certificate is not to be trusted.*clock.*NODE_EXTRA_CA_CERTS/, false],
  ["SELF_SIGNED_CERT_IN_CHAIN", /certificate is not to be trusted/, false],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /certificate is not to be trusted/, false],
  ["ERR_TLS_CERT_ALTNAME_INVALID", /certificate is not to be trusted/, false],
  ["ERR_SSL_WRONG_VERSION_NUMBER", /does not speak TLS/, false],
  ["ENOTFOUND", /models\.example: no such host.*HTTPS_PROXY.*--from/, false],
  ["EAI_AGAIN", /cannot be looked up now/, true],
  ["EHOSTUNREACH", /no way to it/, true],
  ["ER_CONNECT_TIMEOUT", /no connection came about in time/, true],
  ["ENOVEL", /as the system says it \(ENOVEL\)/, false],
])("%s", (code, message, retry) => {
  expect(network(code)).toMatchObject({ name: "DownloadError", message: expect.stringMatching(message), retry });
});

test("a full disk and a folder of others", () => {
  const full = { name: "DownloadError", message: expect.stringMatching(/no space left; what came so far is kept/) };
  for (const code of ["ENOSPC", "EDQUOT"]) expect(diskFailure(withCode(code), "/cache")).toMatchObject(full);
  const others = { name: "InputError", message: expect.stringMatching(/^\/cache: cannot be written to \(E.*ER_CACHE/) };
  for (const code of ["EACCES", "EROFS"]) expect(diskFailure(withCode(code), "/cache")).toMatchObject(others);
  expect(diskFailure(withCode("ECONNRESET"), "/cache")).toBeUndefined();
});
