// What a request sends of its URL: path and query, as they stand in it.

/**
 * The origin form of a request target (RFC 9112 section 3.2.1). Out of `href`, since an empty query is a part of the URL (RFC
 * 3986 section 6.2.3) that `search` does not have.
 */
export function originForm({ href, protocol }: URL): string {
  // In a URL's user and password, slashes and number signs are percent-encoded.
  const start = href.indexOf("/", protocol.length + 2);
  const end = href.indexOf("#", start);
  return end === -1 ? href.slice(start) : href.slice(start, end);
}
