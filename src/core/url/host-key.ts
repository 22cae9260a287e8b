// The key of a host in the scheduler: its name and port.

/** The default port of https in a key. */
export const HTTPS_PORT = ":443";

/**
 * Returns `URL.host`, with the port for https: the two default ports of a name have different keys, since one may be
 * unreachable while the other answers.
 */
export function hostKey(url: URL): string {
  return url.port === "" && url.protocol === "https:" ? url.host + HTTPS_PORT : url.host;
}
