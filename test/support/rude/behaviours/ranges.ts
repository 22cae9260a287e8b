// Behaviours of ranges and conditional requests: correct ones, and fixed responses.
import { answer, type Behaviour, chunked, content, head, LAST_CHUNK, OK, usualHeaders } from "../answer.ts";
import { flag, number, type RudeRequest, text } from "../request.ts";

/** The validators and the date of the URL's parameters, as headers. */
function versionHeaders(request: RudeRequest): string[] {
  const named: [string, string][] = [
    ["ETag", text(request, "etag", "")],
    ["Last-Modified", text(request, "modified", "")],
    ["Date", text(request, "date", "")],
  ];
  return named.filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}`);
}

/** RFC 9110 section 13.2.2: If-Modified-Since applies only without If-None-Match, whose comparison is weak. */
function isUnchanged(request: RudeRequest): boolean {
  const { "if-none-match": tags, "if-modified-since": since } = request.headers;
  const opaque = (tag: string) => tag.trim().replace(/^W\//, "");
  if (tags !== undefined)
    return tags
      .split(",")
      .map(opaque)
      .includes(opaque(text(request, "etag", "none")));
  return since !== undefined && since === text(request, "modified", "");
}

/** The first requested byte; undefined for the whole body, and where If-Range does not match. */
function firstByte(request: RudeRequest): number | undefined {
  const { range, "if-range": version } = request.headers;
  const from = /^bytes=(\d+)-$/.exec(range ?? "")?.[1];
  const versions = [undefined, text(request, "etag", ""), text(request, "modified", "")];
  return from !== undefined && versions.includes(version) ? Number(from) : undefined;
}

export const RANGES: Record<string, Behaviour> = {
  /** `?etag=`, `?modified=`, `?date=`; `?cut=` sends only this number of bytes of the body, and closes. */
  ranged(request, exchange) {
    const headers = [...usualHeaders(request), ...versionHeaders(request)];
    if (isUnchanged(request)) {
      exchange.send(head("HTTP/1.1 304 Not Modified", ...headers.slice(1)));
      return exchange.done();
    }
    const whole = content(request, 200_000);
    const from = firstByte(request);
    if (from !== undefined && from >= whole.length) {
      const size = `Content-Range: bytes */${whole.length}`;
      return answer(exchange, "HTTP/1.1 416 Range Not Satisfiable", [...headers, size], Buffer.from("no\n"));
    }
    const bytes = whole.subarray(from ?? 0);
    const status = from === undefined ? OK : "HTTP/1.1 206 Partial Content";
    if (from !== undefined) headers.push(`Content-Range: bytes ${from}-${whole.length - 1}/${whole.length}`);
    if (!request.parameters.has("cut")) return answer(exchange, status, headers, bytes);
    exchange.send(head(status, ...headers, `Content-Length: ${bytes.length}`));
    exchange.end(bytes.subarray(0, number(request, "cut", 0)));
  },
  /** 206 to any request, with the headers of `?header=` and a body by `?bytes=`, `?chunked` or `?nolength`. */
  "206-as-told"(request, exchange) {
    const headers = usualHeaders(request).slice(1);
    const bytes = content(request);
    if (flag(request, "nolength")) {
      exchange.send(head("HTTP/1.1 206 Partial Content", ...headers));
      return exchange.end(bytes);
    }
    if (!flag(request, "chunked")) return answer(exchange, "HTTP/1.1 206 Partial Content", headers, bytes);
    exchange.send(head("HTTP/1.1 206 Partial Content", ...headers, "Transfer-Encoding: chunked"));
    for (const chunk of chunked(bytes, number(request, "chunk", 1_000))) exchange.send(chunk);
    exchange.send(LAST_CHUNK);
    exchange.done();
  },
  /** A 304 with the Content-Length of the body that it does not have (RFC 9110 section 8.6). */
  "304-length"(request, exchange) {
    exchange.send(head("HTTP/1.1 304 Not Modified", ...usualHeaders(request).slice(1), "Content-Length: 100"));
    exchange.done();
  },
};
