// Behaviours before, between and after responses: 1xx, second responses, connections that fail when reused.
import { answer, type Behaviour, content, type Exchange, head, OK, usualHeaders } from "../answer.ts";
import { forEver } from "../content.ts";
import { flag, number, type RudeRequest } from "../request.ts";

const EARLY_HINTS = head("HTTP/1.1 103 Early Hints", "Link: </style.css>; rel=preload; as=style");
const SECOND = "second answers belong to nobody\n";

function right(request: RudeRequest, exchange: Exchange, ...headers: readonly string[]): void {
  answer(exchange, OK, [...usualHeaders(request), ...headers], content(request));
}

/** Sends one correct keep-alive response, and lets the next request on the connection fail. */
function thenOnReuse(fate: (exchange: Exchange) => void): Behaviour {
  return (request, exchange) => {
    exchange.trap(fate);
    right(request, exchange, ...(request.wantsClose ? [] : ["Connection: keep-alive"]));
  };
}

export const TURNS: Record<string, Behaviour> = {
  "100-then-200"(request, exchange) {
    exchange.send(head("HTTP/1.1 100 Continue"));
    right(request, exchange);
  },
  "103-then-200"(request, exchange) {
    for (let i = 0; i < number(request, "times", 1); i++) exchange.send(EARLY_HINTS);
    right(request, exchange);
  },
  "endless-103"(request, exchange) {
    exchange.drip(forEver(EARLY_HINTS), number(request, "ms", 50));
  },
  "101"(_, exchange) {
    exchange.send(head("HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: nonsense"));
  },
  "rude-keepalive": thenOnReuse((exchange) => exchange.end()),
  "rude-keepalive-reset": thenOnReuse((exchange) => exchange.reset()),
  "rude-keepalive-half": thenOnReuse((exchange) => exchange.end(`${OK}\r\nContent-Type: te`)),
  "close-unsaid"(request, exchange) {
    const bytes = content(request);
    exchange.send(head(OK, ...usualHeaders({ ...request, wantsClose: false }), `Content-Length: ${bytes.length}`));
    exchange.end(bytes);
  },
  "second-response"(request, exchange) {
    const headers = usualHeaders({ ...request, wantsClose: false });
    const second = `${head(OK, ...headers, `Content-Length: ${SECOND.length}`)}${SECOND}`;
    const bytes = content(request);
    const first = Buffer.concat([
      Buffer.from(head(OK, ...headers, `Content-Length: ${bytes.length}`), "latin1"),
      bytes,
    ]);
    if (flag(request, "late")) {
      exchange.send(first);
      exchange.after(20, () => exchange.send(second));
    } else {
      exchange.send(Buffer.concat([first, Buffer.from(second, "latin1")]));
    }
    exchange.done();
  },
};
