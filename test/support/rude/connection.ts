// One connection of a rude server: requests one after another, each handed to its behaviour, counted while it is open.
import type { Exchange } from "./answer.ts";
import { head } from "./answer.ts";
import { behave } from "./behaviours.ts";
import { type RudeRequest, takeRequest } from "./request.ts";
import type { Wire } from "./wire.ts";

/** What the server behind all connections wants to know, and remembers. */
export interface Ledger {
  opened(request: RudeRequest): void;
  answered(): void;
  count(key: string): number;
}

export interface Connection {
  received(bytes: Buffer): void;
  /** The connection is gone, and with it the request that was open. */
  closed(): void;
}

export function connection(wire: Wire, number: number, ledger: Ledger): Connection {
  let pending = "";
  let finish: (() => void) | undefined;
  let trap: ((exchange: Exchange) => void) | undefined;
  let over = false;

  const exchangeOf = (request: RudeRequest): Exchange => {
    let open = true;
    const finished = () => {
      if (!open) return;
      open = false;
      finish = undefined;
      ledger.answered();
    };
    finish = finished;
    const exchange: Exchange = {
      get closed() {
        return wire.closed;
      },
      send: wire.send,
      pump: wire.pump,
      drip: wire.drip,
      after: wire.after,
      destroy: wire.destroy,
      end(bytes) {
        over = true;
        finished();
        wire.end(bytes);
      },
      reset() {
        over = true;
        finished();
        wire.reset();
      },
      done() {
        if (request.wantsClose) return exchange.end();
        finished();
        // Not from within: the behaviour that called may still have a line to run.
        setImmediate(next);
      },
      trap(act) {
        trap = act;
      },
      count: ledger.count,
    };
    return exchange;
  };

  const next = () => {
    if (over || finish !== undefined || wire.closed) return;
    const taken = takeRequest(pending, number);
    if (taken.kind === "more") return;
    if (taken.kind === "bad") {
      over = true;
      if (taken.request !== undefined) ledger.opened(taken.request);
      if (taken.request !== undefined) ledger.answered();
      wire.end(head(`HTTP/1.1 ${taken.status}`, "Connection: close", "Content-Length: 0"));
      return;
    }
    pending = taken.left;
    ledger.opened(taken.request);
    const exchange = exchangeOf(taken.request);
    const act = trap;
    trap = undefined;
    if (act === undefined) behave(taken.request, exchange);
    else act(exchange);
  };

  return {
    received(bytes) {
      if (over) return;
      pending += bytes.toString("latin1");
      // Nobody sends this much ahead: a client gone wrong must not fill the memory.
      if (pending.length > 4_194_304) return wire.destroy();
      next();
    },
    closed() {
      over = true;
      finish?.();
    },
  };
}
