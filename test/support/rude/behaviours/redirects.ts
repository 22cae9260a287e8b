// Behaviours that redirect: to a given target, in loops, endlessly, or to an invalid target.
import { STATUS_CODES } from "node:http";
import { answer, type Behaviour, contentBlocks, type Exchange, head, usualHeaders } from "../answer.ts";
import { type RudeRequest, text } from "../request.ts";

const line = (code: string) => `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? "Moved"}`;

function redirect(request: RudeRequest, exchange: Exchange, locations: readonly string[], code = "302"): void {
  const headers = [...usualHeaders(request), ...locations.map((location) => `Location: ${location}`)];
  answer(exchange, line(code), headers, Buffer.from("moved\n"));
}

export const REDIRECTS: Record<string, Behaviour> = {
  redirect(request, exchange) {
    redirect(request, exchange, [text(request, "to", "/ok")], request.rest || "302");
  },
  "redirect-relative"(request, exchange) {
    redirect(request, exchange, [text(request, "to", "ok?bytes=100")]);
  },
  "redirect-chain"(request, exchange) {
    const left = Number(request.rest) - 1;
    redirect(request, exchange, [left > 0 ? `/redirect-chain/${left}` : text(request, "to", "/ok")]);
  },
  "redirect-loop"(request, exchange) {
    redirect(request, exchange, [request.rest === "b" ? "/redirect-loop/a" : "/redirect-loop/b"]);
  },
  "redirect-endless"(request, exchange) {
    redirect(request, exchange, [`/redirect-endless/${Number(request.rest || 0) + 1}`]);
  },
  "redirect-file": (request, exchange) => redirect(request, exchange, ["file:///etc/passwd"]),
  "redirect-none": (request, exchange) => redirect(request, exchange, []),
  "redirect-two": (request, exchange) => redirect(request, exchange, ["/ok?bytes=1", "/ok?bytes=2"]),
  "redirect-bad"(request, exchange) {
    redirect(request, exchange, [text(request, "to", "http://[::bad:99999/")]);
  },
  "redirect-body-endless"(request, exchange) {
    const location = `Location: ${text(request, "to", "/ok")}`;
    exchange.send(head(line("302"), ...usualHeaders({ ...request, wantsClose: true }), location));
    exchange.pump(contentBlocks(request, Number.POSITIVE_INFINITY));
  },
  "redirect-body-stall"(request, exchange) {
    const location = `Location: ${text(request, "to", "/ok")}`;
    exchange.send(head(line("302"), ...usualHeaders(request), location, "Content-Length: 1000"));
  },
};
