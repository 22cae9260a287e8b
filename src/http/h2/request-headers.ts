// Encodes the header block of an HTTP/2 request from the header lines of HTTP/1.1 (RFC 9113 section 8.3.1).

import type { Route } from "../h1/connection.ts";
import { encodeField, GET_HTTPS } from "./hpack.ts";

/** Not sent: connection-specific headers (section 8.2.2), and Host, which becomes :authority. */
const OMITTED_NAMES = new Set(["host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** Returns an encoder for one connection, which caches the last header lines: most requests repeat them. */
export function requestBlocks(route: Route): (path: string, fields: string) => Buffer {
  let fieldsBefore: string | undefined;
  let block = GET_HTTPS;
  return (path, fields) => {
    if (fields !== fieldsBefore) {
      fieldsBefore = fields;
      block = blockOf(route, fields);
    }
    return Buffer.concat([GET_HTTPS, encodeField(":path", path), block]); // pseudo-headers come first
  };
}

function blockOf(route: Route, fields: string): Buffer {
  let authority = authorityOf(route);
  const encoded: Buffer[] = [];
  for (const line of fields.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon === -1) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, "");
    if (name === "host") authority = value;
    else if (!OMITTED_NAMES.has(name)) encoded.push(encodeField(name, value));
  }
  return Buffer.concat([encodeField(":authority", authority), ...encoded]);
}

function authorityOf({ host, port }: Route): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === 443 ? name : `${name}:${port}`;
}
