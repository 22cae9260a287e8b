// Behaviours that reset, close, stall or drip at every place of a response.
import {
  type Behaviour,
  chunk,
  chunked,
  content,
  contentBlocks,
  type Exchange,
  head,
  OK,
  usualHeaders,
} from "../answer.ts";
import { forEver } from "../content.ts";
import { number, type RudeRequest } from "../request.ts";

type Sent = (request: RudeRequest) => readonly (string | Buffer)[];

/** The action of each verb at its place. */
const VERBS: Record<string, (exchange: Exchange) => void> = {
  reset: (exchange) => exchange.reset(),
  close: (exchange) => exchange.end(),
  stall: () => {},
};

const wholeChunks: Sent = (request) => [
  head(OK, ...usualHeaders(request), "Transfer-Encoding: chunked"),
  ...chunked(content(request), 50),
];

const noLength: Sent = (request) => [head(OK, ...usualHeaders({ ...request, wantsClose: true })), content(request)];

/** The bytes that are sent before each place. */
const PLACES: Record<string, Sent> = {
  before: () => [],
  "in-headers": () => [`${OK}\r\nContent-Type: text/plain\r\nX-Half: o`],
  "before-body": (request) => [head(OK, ...usualHeaders(request), "Content-Length: 1000")],
  "in-body": (request) => {
    const bytes = content(request);
    return [head(OK, ...usualHeaders(request), `Content-Length: ${2 * bytes.length + 1}`), bytes];
  },
  "in-chunked": (request) => [...wholeChunks(request), chunk(Buffer.alloc(1_000)).subarray(0, 500)],
  "before-last-chunk": wholeChunks,
  "in-last-chunk": (request) => [...wholeChunks(request), "0\r\n"],
};

/**
 * Sends, waits `?after=` ms, cuts. libuv reports a reset that arrives together with data as an orderly end, so a client
 * must have read the data first: after the delay, the event loop polls once more, for clients in this process.
 */
function cutAt(place: Sent, cut: (exchange: Exchange) => void): Behaviour {
  return (request, exchange) => {
    const parts = place(request);
    for (const bytes of parts) exchange.send(bytes);
    const afterMs = number(request, "after", parts.length > 0 ? 20 : 0);
    if (afterMs > 0) exchange.after(afterMs, () => setImmediate(cut, exchange));
    else cut(exchange);
  };
}

/** `/reset-in-body` etc.: one row for each verb at each place. */
const rows = Object.entries(VERBS).flatMap(([verb, cut]) =>
  Object.entries(PLACES).map(([place, sent]) => [`${verb}-${place}`, cutAt(sent, cut)] as const),
);

function* bytewise(blocks: Iterable<Buffer>): Generator<Buffer> {
  for (const block of blocks) for (let i = 0; i < block.length; i++) yield block.subarray(i, i + 1);
}

export const CUTS: Record<string, Behaviour> = {
  ...Object.fromEntries(rows),
  "nolength-reset": cutAt(noLength, (exchange) => exchange.reset()),
  "nolength-stall": cutAt(noLength, () => {}),
  "drip-headers"(request, exchange) {
    exchange.send(`${OK}\r\nX-Drip: `);
    exchange.drip(forEver("x"), number(request, "ms", 50));
  },
  "drip-body"(request, exchange) {
    const bytes = number(request, "bytes", 1e9);
    exchange.send(head(OK, ...usualHeaders(request), `Content-Length: ${bytes}`));
    exchange.drip(bytewise(contentBlocks(request, bytes)), number(request, "ms", 50), () => exchange.done());
  },
};
