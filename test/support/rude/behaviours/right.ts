// Behaviours that are correct HTTP, in every framing and size.
import {
  answer,
  type Behaviour,
  chunkEach,
  chunked,
  content,
  contentBlocks,
  head,
  LAST_CHUNK,
  OK,
  usualHeaders,
} from "../answer.ts";
import { hash, random } from "../content.ts";
import { flag, number, type RudeRequest } from "../request.ts";

const MIB = 1_048_576;
const bytesAsked = (request: RudeRequest, mib: number) => Math.round(number(request, "mib", mib) * MIB);

const ok: Behaviour = (request, exchange) => {
  const act = () => {
    const headers = usualHeaders(request);
    if (!flag(request, "chunked")) return answer(exchange, OK, headers, content(request));
    const chunks = [...chunked(content(request), number(request, "chunk", 1_000))];
    exchange.send(Buffer.concat([Buffer.from(head(OK, ...headers, "Transfer-Encoding: chunked")), ...chunks]));
    exchange.send(LAST_CHUNK);
    exchange.done();
  };
  const delayMs = number(request, "delay", 0);
  if (delayMs > 0) exchange.after(delayMs, act);
  else act();
};

export const RIGHT: Record<string, Behaviour> = {
  ok,
  close(request, exchange) {
    const bytes = content(request);
    exchange.send(head(OK, ...usualHeaders({ ...request, wantsClose: true }), `Content-Length: ${bytes.length}`));
    exchange.end(bytes);
  },
  nolength(request, exchange) {
    exchange.send(head(OK, ...usualHeaders({ ...request, wantsClose: true })));
    exchange.end(content(request));
  },
  http10(request, exchange) {
    exchange.send(head("HTTP/1.0 200 OK", ...usualHeaders({ ...request, wantsClose: false })));
    exchange.end(content(request));
  },
  empty(request, exchange) {
    answer(exchange, OK, usualHeaders(request), Buffer.alloc(0));
  },
  slow(request, exchange) {
    const nth = exchange.count(`slow ${request.path}`);
    const delayMs = random(hash(`${request.path} ${nth}`))() % (number(request, "max", 20) + 1);
    exchange.after(delayMs, () => answer(exchange, OK, usualHeaders(request), content(request)));
  },
  "keepalive-600"(request, exchange) {
    const keep = ["Connection: keep-alive", "Keep-Alive: timeout=600"];
    answer(exchange, OK, [...usualHeaders({ ...request, wantsClose: false }), ...keep], content(request));
  },
  big(request, exchange) {
    const bytes = bytesAsked(request, 8);
    exchange.send(head(OK, ...usualHeaders(request), `Content-Length: ${bytes}`));
    exchange.pump(contentBlocks(request, bytes), () => exchange.done());
  },
  "big-nolength"(request, exchange) {
    exchange.send(head(OK, ...usualHeaders({ ...request, wantsClose: true })));
    exchange.pump(contentBlocks(request, bytesAsked(request, 8)), () => exchange.end());
  },
  "big-chunked"(request, exchange) {
    exchange.send(head(OK, ...usualHeaders(request), "Transfer-Encoding: chunked"));
    const last = () => {
      exchange.send(LAST_CHUNK);
      exchange.done();
    };
    exchange.pump(chunkEach(contentBlocks(request, bytesAsked(request, 8))), last);
  },
  "close-big"(request, exchange) {
    const bytes = content(request, bytesAsked(request, 3));
    exchange.send(head(OK, ...usualHeaders({ ...request, wantsClose: true }), `Content-Length: ${bytes.length}`));
    exchange.end(bytes);
  },
  "endless-body"(request, exchange) {
    exchange.send(head(OK, ...usualHeaders({ ...request, wantsClose: true })));
    exchange.pump(contentBlocks(request, Number.POSITIVE_INFINITY));
  },
  "endless-chunked"(request, exchange) {
    exchange.send(head(OK, ...usualHeaders(request), "Transfer-Encoding: chunked"));
    exchange.pump(chunkEach(contentBlocks(request, Number.POSITIVE_INFINITY)));
  },
};
