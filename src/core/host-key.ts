// The key under which a host is scheduled: its name and port.

/** Port of https, as it stands in a key. */
export const HTTPS_PORT = ":443";

/**
 * Returns `URL.host`, but with the port of https, so that the two default ports of a name have different keys: one may be dead while
 * the other answers.
 */
export function hostKey(url: URL): string {
  return url.port === "" && url.protocol === "https:" ? url.host + HTTPS_PORT : url.host;
}
