// Behaviours of status and header block: all statuses, odd header blocks, and control characters.
import { STATUS_CODES } from "node:http";
import { answer, type Behaviour, content, contentBlocks, type Exchange, head, OK, usualHeaders } from "../answer.ts";
import { number, type RudeRequest, text } from "../request.ts";

/** ESC, an OSC that sets a window title, BEL, a C1 CSI, and bytes that are not UTF-8. */
const NASTY = "\x1b[31mred\x1b]0;owned\x07 \x9b2J \xff\xfe\xc3(";

const statusLine = (code: string) => `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? "Whatever"}`;
const bodiless = (code: string) => /^(1..|204|304)$/.test(code);

function status(request: RudeRequest, exchange: Exchange, code: string, bytes = 20): void {
  if (bodiless(code)) {
    exchange.send(head(statusLine(code), ...usualHeaders(request).slice(1)));
    exchange.done();
  } else {
    answer(exchange, statusLine(code), usualHeaders(request), content(request, bytes));
  }
}

export const STATUSES: Record<string, Behaviour> = {
  status: (request, exchange) => status(request, exchange, request.rest),
  "204": (request, exchange) => status(request, exchange, "204"),
  "304": (request, exchange) => status(request, exchange, "304"),
  "206"(request, exchange) {
    const bytes = content(request);
    const from = number(request, "from", 100);
    const end = from + bytes.length;
    const range = text(request, "range", `bytes ${from}-${end - 1}/${end}`);
    answer(exchange, statusLine("206"), [...usualHeaders(request), `Content-Range: ${range}`], bytes);
  },
  "status-stall"(request, exchange) {
    exchange.send(head(statusLine(request.rest), ...usualHeaders(request), "Content-Length: 1000"));
  },
  "status-endless"(request, exchange) {
    exchange.send(head(statusLine(request.rest), ...usualHeaders({ ...request, wantsClose: true })));
    exchange.pump(contentBlocks(request, Number.POSITIVE_INFINITY));
  },
  flaky(request, exchange) {
    const nth = exchange.count(`flaky ${text(request, "id", "")}`);
    const fails = nth % Math.max(1, number(request, "every", 2)) === 0;
    status(request, exchange, fails ? "503" : "200", 100);
  },
  "control-reason"(request, exchange) {
    answer(exchange, `HTTP/1.1 ${request.rest || "404"} ${NASTY}`, usualHeaders(request), content(request, 20));
  },
  "control-headers"(request, exchange) {
    answer(exchange, OK, [`X-Nasty: ${NASTY}`, `ETag: "${NASTY}"`, `Content-Type: text/${NASTY}`], content(request));
  },
  "high-headers"(request, exchange) {
    const high = "\x9b2J\x9d0;owned\x9c \xff\xfe\xc3(";
    answer(exchange, OK, [`X-High: ${high}`, `ETag: "${high}"`, `Content-Type: text/${high}`], content(request));
  },
  "long-type"(request, exchange) {
    answer(exchange, OK, [`Content-Type: text/${"x".repeat(number(request, "chars", 5_000) - 5)}`], content(request));
  },
  "odd-etag"(request, exchange) {
    const emoji = Buffer.from("\u{1f600}\u{1f4a9}").toString("latin1");
    const headers = [`ETag: W/"a"b\\"${emoji}"`, "Content-Type: text/plain"];
    answer(exchange, OK, headers, content(request));
  },
};
