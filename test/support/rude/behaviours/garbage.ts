// Behaviours that are not HTTP, or have an invalid status line or header line, or a too large header block.
import { answer, type Behaviour, content, head, OK, usualHeaders } from "../answer.ts";
import { body } from "../content.ts";
import { number, type RudeRequest, text } from "../request.ts";

const HTML = "<!doctype html>\n<html><head><title>hello</title></head><body>no status line</body></html>\n";

/** A header block of about `kib` KiB, in lines of 1 KiB; endless for Infinity. */
function* fill(request: RudeRequest, kib: number): Generator<string> {
  yield `${OK}\r\nContent-Type: text/plain\r\n`;
  for (let i = 0; i < kib; i++) yield `X-Fill-${i % 1_000}: ${"f".repeat(1_008)}\r\n`;
  const bytes = content(request);
  yield `Content-Length: ${bytes.length}\r\n\r\n${bytes.toString("latin1")}`;
}

export const GARBAGE: Record<string, Behaviour> = {
  "ssh-banner"(_, exchange) {
    exchange.send("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
  },
  binary(request, exchange) {
    exchange.end(body(number(request, "bytes", 1_000), number(request, "seed", 1)));
  },
  http09(_, exchange) {
    exchange.end(HTML);
  },
  "bad-status-line"(request, exchange) {
    answer(exchange, text(request, "line", "HTTP/1.1 99999 x"), usualHeaders(request), content(request));
  },
  "bad-header"(request, exchange) {
    const line = text(request, "line", "a line without the mark after its name");
    answer(exchange, OK, [...usualHeaders(request), line], content(request));
  },
  "nul-header"(request, exchange) {
    answer(exchange, OK, [...usualHeaders(request), "X-Nul: a\0b"], content(request));
  },
  "bare-lf"(request, exchange) {
    const bytes = content(request);
    const lines = head(OK, ...usualHeaders(request), `Content-Length: ${bytes.length}`).replaceAll("\r\n", "\n");
    exchange.send(lines);
    exchange.send(bytes);
    exchange.done();
  },
  "huge-headers"(request, exchange) {
    exchange.pump(fill(request, number(request, "kib", 1_024)), () => exchange.done());
  },
  "endless-headers"(request, exchange) {
    exchange.pump(fill(request, Number.POSITIVE_INFINITY));
  },
};
