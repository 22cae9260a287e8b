// A TCP proxy with latency: every chunk, FIN and reset arrives later by a fixed time.
import { connect, createServer, type Socket } from "node:net";
import { wasReset } from "../../../src/http/h1/connection.ts";
import { listen } from "../rude/listen.ts";

/** Maximum number of bytes in flight per direction; beyond it the sender waits, as with a full window. */
const MAX_HELD_BYTES = 8_388_608;

export interface DelayProxy {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  close(): Promise<void>;
}

/** A round trip through it takes 2 × `delayMs`; the TCP handshake itself is not delayed. */
export async function delayProxy(targetPort: number, delayMs: number): Promise<DelayProxy> {
  const targets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const target = carryLate(client, targetPort, delayMs, timers);
    targets.add(target);
    target.once("close", () => targets.delete(target));
  });
  const { port, close } = await listen(server);
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    async close() {
      for (const timer of timers) clearTimeout(timer);
      for (const target of targets) target.destroy();
      await close();
    },
  };
}

/** Connects a client to that port of 127.0.0.1; `timers` has the pending timers, to be cleared at the end. */
export function carryLate(
  client: Socket,
  targetPort: number,
  delayMs: number,
  timers = new Set<NodeJS.Timeout>(),
): Socket {
  // Node fires timers of equal duration in the order in which they were set, which keeps the chunks in order.
  const later = (act: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, delayMs);
    timers.add(timer);
  };

  const carry = (from: Socket, to: Socket) => {
    let heldBytes = 0;
    from.on("data", (chunk) => {
      heldBytes += chunk.length;
      if (heldBytes > MAX_HELD_BYTES) from.pause();
      later(() =>
        to.write(chunk, () => {
          heldBytes -= chunk.length;
          if (heldBytes <= MAX_HELD_BYTES) from.resume();
        }),
      );
    });
    from.on("end", () => {
      const isReset = wasReset(from);
      later(() => (isReset ? to.resetAndDestroy() : to.end()));
    });
    from.on("error", () => later(() => to.resetAndDestroy()));
  };

  const target = connect({ host: "127.0.0.1", port: targetPort, allowHalfOpen: true, noDelay: true });
  carry(client, target);
  carry(target, client);
  return target;
}
