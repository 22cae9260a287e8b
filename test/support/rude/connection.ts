// One connection of a rude server: parses requests one after the other, counts them, and runs their behaviours.
import type { Exchange } from "./answer.ts";
import { head } from "./answer.ts";
import { behave } from "./behaviours/behaviours.ts";
import { type RudeRequest, takeRequest } from "./request.ts";
import type { Wire } from "./wire.ts";

/** Statistics and counters that all connections of a server share. */
export interface Ledger {
  opened(request: RudeRequest): void;
  answered(): void;
  count(key: string): number;
}

export interface Connection {
  received(bytes: Buffer): void;
  /** Called when the connection is closed, with its open request. */
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
        // Deferred, because the calling behaviour may not have returned.
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
      // No client pipelines this much: a broken one must not fill the memory.
      if (pending.length > 4_194_304) return wire.destroy();
      next();
    },
    closed() {
      over = true;
      finish?.();
    },
  };
}
