// Makes the key under which an index of web archives has a URL: its host from the right, then its path (SURT, as in CDXJ 0.1.0).

/** Hosts of such names are those without them: `www.example.org` and `www2.example.org` are `example.org`. */
const WWW = /^www\d*\./;

const URI = /^(https?:)\/\/(\[[^\]]*\]|[^/?#:]*)(:\d+)?([^?#]*)(\?[^#]*)?/;

/** As `URL` writes addresses. */
const IPV6_OR_IPV4 = /^(?:\[.*\]|\d+\.\d+\.\d+\.\d+)$/;

/**
 * Returns the key: `org,example)/path?a=1&b=2`, in lower case, with the parts of the query in order. Addresses are not reversed. `uri`
 * itself where it is not a URL of http or https.
 */
export function surt(uri: string): string {
  // A URI in a record is as `URL` has written it: there is nothing left to normalize.
  const [, address, hostname = "", port = "", pathname = "", query = ""] = URI.exec(uri.toLowerCase()) ?? [];
  if (address === undefined) return uri;
  const host = IPV6_OR_IPV4.test(hostname) ? hostname : reversed(hostname);
  const args = query.includes("&") ? `?${query.slice(1).split("&").sort().join("&")}` : query;
  return `${host}${port})${pathname}${args === "?" ? "" : args}`;
}

/** The host and its key, of the last URI: many in a row have the same. */
let lastHost = "";
let lastKey = "";

function reversed(host: string): string {
  if (host !== lastHost) {
    lastHost = host;
    lastKey = (host.replace(WWW, "") || host).split(".").reverse().join(",");
  }
  return lastKey;
}
