// The request target of a URL: its path and query, unchanged.

/**
 * Returns the origin form of a request target (RFC 9112 section 3.2.1). Uses `href`, since `search` lacks an empty query (RFC
 * 3986 section 6.2.3).
 */
export function originForm({ href, protocol }: URL): string {
  // Slashes and number signs in a user or password are percent-encoded.
  const start = href.indexOf("/", protocol.length + 2);
  const end = href.indexOf("#", start);
  return end === -1 ? href.slice(start) : href.slice(start, end);
}
