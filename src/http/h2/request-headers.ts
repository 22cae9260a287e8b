// The header block of a request over HTTP/2, out of the header lines that HTTP/1.1 would send (RFC 9113 section 8.3.1).

import type { Route } from "../h1/connection.ts";
import { encodeField, GET_HTTPS } from "./hpack.ts";

/** Header fields of one connection (section 8.2.2), and Host, which is the authority here. */
const LEFT_OUT = new Set(["host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"]);

/** Returns what encodes requests for one connection: their header lines are mostly those of the request before. */
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
    else if (!LEFT_OUT.has(name)) encoded.push(encodeField(name, value));
  }
  return Buffer.concat([encodeField(":authority", authority), ...encoded]);
}

function authorityOf({ host, port }: Route): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === 443 ? name : `${name}:${port}`;
}
