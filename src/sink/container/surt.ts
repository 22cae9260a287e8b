// The sort key of a URL in an index of captures: SURT, as the tools that read CDXJ make it.

/**
 * `org,example)/path?a&b` for `http://www.example.org/path?b&a`: in lower case, without `www.`, the host's labels from the last to
 * the first, the query's arguments sorted. As warcio's `cdx-index` makes it; for a host that is an address the tools differ.
 */
export function surt(url: string): string {
  const lower = url.toLowerCase().replace(/^(https?:\/\/)www\d*\./, "$1");
  const target = URL.canParse(lower) ? new URL(lower) : undefined;
  if (target === undefined) return url;
  const host = target.hostname.split(".").reverse().join(",");
  const port = target.port === "" ? "" : `:${target.port}`;
  const query = target.search === "" ? "" : `?${target.search.slice(1).split("&").sort().join("&")}`;
  return `${host}${port})${target.pathname}${query}`;
}
