// Behaviours with a wrong, contradictory or endless Content-Length, Transfer-Encoding or chunk.
import { gzipSync } from "node:zlib";
import {
  type Behaviour,
  chunk,
  chunked,
  content,
  type Exchange,
  head,
  LAST_CHUNK,
  OK,
  usualHeaders,
} from "../answer.ts";
import { forEver } from "../content.ts";
import { number, type RudeRequest, text } from "../request.ts";

const CHUNKED = "Transfer-Encoding: chunked";

/** Sends a header block with these framing headers and these bytes, and ends the response. */
function sent(
  request: RudeRequest,
  exchange: Exchange,
  framing: readonly string[],
  ...parts: (Buffer | string)[]
): void {
  exchange.send(head(OK, ...usualHeaders(request), ...framing));
  for (const part of parts) exchange.send(part);
  exchange.done();
}

const coded = (coding: string, encode: (bytes: Buffer) => Buffer, chunks: boolean): Behaviour => {
  return (request, exchange) => {
    exchange.send(head(OK, ...usualHeaders({ ...request, wantsClose: !chunks }), `Transfer-Encoding: ${coding}`));
    const bytes = encode(content(request));
    if (!chunks) return exchange.end(bytes);
    for (const part of chunked(bytes, 1_000)) exchange.send(part);
    exchange.send(LAST_CHUNK);
    exchange.done();
  };
};

export const FRAMING: Record<string, Behaviour> = {
  "short-length"(request, exchange) {
    const bytes = content(request);
    const extra = Buffer.alloc(number(request, "extra", 10), "!");
    sent(request, exchange, [`Content-Length: ${bytes.length}`], Buffer.concat([bytes, extra]));
  },
  "long-length"(request, exchange) {
    const bytes = content(request);
    exchange.send(
      head(OK, ...usualHeaders(request), `Content-Length: ${bytes.length + number(request, "missing", 10)}`),
    );
    exchange.end(bytes);
  },
  "two-lengths"(request, exchange) {
    const bytes = content(request);
    sent(request, exchange, [`Content-Length: ${bytes.length}`, `Content-Length: ${bytes.length + 1}`], bytes);
  },
  "same-lengths"(request, exchange) {
    const bytes = content(request);
    sent(request, exchange, [`Content-Length: ${bytes.length}`, `Content-Length: ${bytes.length}`], bytes);
  },
  "bad-length"(request, exchange) {
    sent(request, exchange, [`Content-Length: ${text(request, "value", "-1")}`], content(request));
  },
  "length-and-chunked"(request, exchange) {
    const bytes = content(request);
    sent(request, exchange, [`Content-Length: ${bytes.length}`, CHUNKED], ...chunked(bytes, 50), LAST_CHUNK);
  },
  "bad-chunk-size"(request, exchange) {
    const size = `${text(request, "value", "zz")}\r\n`;
    sent(request, exchange, [CHUNKED], chunk(content(request)), size, "abc\r\n", LAST_CHUNK);
  },
  "chunk-too-long"(request, exchange) {
    sent(request, exchange, [CHUNKED], chunk(content(request)), "5\r\n1234567890\r\n", LAST_CHUNK);
  },
  "endless-chunk-extension"(request, exchange) {
    exchange.send(head(OK, ...usualHeaders(request), CHUNKED));
    exchange.send("5;x=");
    exchange.pump(forEver("y".repeat(8_192)));
  },
  "endless-trailers"(request, exchange) {
    exchange.send(head(OK, ...usualHeaders(request), CHUNKED));
    for (const part of [chunk(content(request)), "0\r\n"]) exchange.send(part);
    exchange.pump(forEver(`X-Trailer: ${"y".repeat(1_000)}\r\n`));
  },
  "te-gzip": coded("gzip, chunked", gzipSync, true),
  "te-gzip-close": coded("gzip", gzipSync, false),
  "te-identity": coded("identity", (bytes) => bytes, false),
  "te-xchunked": coded("xchunked", (bytes) => bytes, true),
};
