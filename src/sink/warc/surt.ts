// Makes the key under which an index of web archives has a URL: its host from the right, then its path (SURT, as in CDXJ 0.1.0).

import { isIP } from "node:net";

/** Hosts of such names are those without them: `www.example.org` and `www2.example.org` are `example.org`. */
const WWW = /^www\d*\./;

/**
 * Returns the key: `org,example)/path?a=1&b=2`, in lower case, with the parts of the query in order. Addresses are not reversed. `uri`
 * itself where it is not a URL of http or https.
 */
export function surt(uri: string): string {
  if (!/^https?:/i.test(uri)) return uri;
  let url: URL;
  try {
    url = new URL(uri.toLowerCase());
  } catch {
    return uri;
  }
  const { hostname, port, pathname, search } = url;
  const host = isIP(hostname.replace(/^\[|\]$/g, "")) > 0 ? hostname : reversed(hostname.replace(WWW, "") || hostname);
  const query = search === "" ? "" : `?${search.slice(1).split("&").sort().join("&")}`;
  return `${host}${port === "" ? "" : `:${port}`})${pathname}${query}`;
}

function reversed(host: string): string {
  return host.split(".").reverse().join(",");
}
