// A server that misbehaves on request: each path has one exact behaviour, right or wrong.
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { connection, type Ledger } from "./rude/connection.ts";
import { listen } from "./rude/listen.ts";
import { remember, type SeenRequest } from "./rude/request.ts";
import { wire } from "./rude/wire.ts";

export { BEHAVIOURS } from "./rude/behaviours/behaviours.ts";
export { body } from "./rude/content.ts";
export type { SeenRequest } from "./rude/request.ts";

export interface RudeStats {
  connections: number;
  openConnections: number;
  peakConnections: number;
  /** Number of unanswered requests; decremented in the tick that writes the last byte, so that no peak is too high. */
  openRequests: number;
  peakOpenRequests: number;
  requests: number;
}

export interface RudeServer {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or https. */
  readonly origin: string;
  url(path: string): string;
  /** The last 10,000 requests, oldest first. */
  readonly seen: readonly SeenRequest[];
  readonly stats: Readonly<RudeStats>;
  /** Destroys every socket and timer. */
  close(): Promise<void>;
}

/** Key and certificate are PEM. */
export async function rudeServer(
  options: { tls?: { key: string; cert: string; ciphers?: string } } = {},
): Promise<RudeServer> {
  const seen: SeenRequest[] = [];
  const counts = new Map<string, number>();
  const stats: RudeStats = {
    connections: 0,
    openConnections: 0,
    peakConnections: 0,
    openRequests: 0,
    peakOpenRequests: 0,
    requests: 0,
  };
  const ledger: Ledger = {
    opened({ path, method, headers, raw, connection }) {
      remember(seen, { path, method, headers, raw, connection });
      stats.requests++;
      stats.openRequests++;
      stats.peakOpenRequests = Math.max(stats.peakOpenRequests, stats.openRequests);
    },
    answered() {
      stats.openRequests--;
    },
    count(key) {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return count;
    },
  };

  const accepted = (tcp: Socket): number => {
    stats.connections++;
    stats.openConnections++;
    stats.peakConnections = Math.max(stats.peakConnections, stats.openConnections);
    tcp.on("close", () => stats.openConnections--);
    return stats.connections;
  };
  const serve = (socket: Socket, tcp: Socket, number: number) => {
    const served = connection(wire(socket, tcp), number, ledger);
    socket.on("data", served.received);
    socket.on("close", served.closed);
  };

  const server =
    options.tls === undefined ? createServer({ noDelay: true }) : createTlsServer({ ...options.tls, noDelay: true });
  if (options.tls === undefined) {
    server.on("connection", (tcp: Socket) => serve(tcp, tcp, accepted(tcp)));
  } else {
    // Only the TCP socket below TLS can be reset, and Node does not expose it: it is found by its remote port.
    const byPort = new Map<number | undefined, { tcp: Socket; number: number }>();
    server.on("connection", (tcp: Socket) => {
      const port = tcp.remotePort;
      byPort.set(port, { tcp, number: accepted(tcp) });
      tcp.on("close", () => byPort.delete(port));
    });
    server.on("secureConnection", (socket: Socket) => {
      const under = byPort.get(socket.remotePort);
      if (under !== undefined) serve(socket, under.tcp, under.number);
    });
  }
  const { port, close } = await listen(server);
  const origin = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  return { port, origin, url: (path) => `${origin}${path}`, seen, stats, close };
}
