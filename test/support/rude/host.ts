// A server whose responses a test defines, and that records its requests, their times and their peak.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The time of arrival, in milliseconds of `performance.now()`. */
  readonly atMs: number;
  /** Number of earlier requests. */
  readonly nth: number;
}

export type Act = (response: ServerResponse, asked: Asked) => void;

export interface Host {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Every request so far, oldest first. */
  readonly asked: readonly Asked[];
  /** Maximum number of requests that were open at a time. */
  readonly peakOpen: number;
  /** `http://NAME.localhost:PORT/path`: for a client, a host of its own for every name. */
  named(name: string, path: string): string;
  /** Resets all connections, and stops listening. Does nothing the second time. */
  close(): Promise<void>;
}

export interface HostOptions {
  /** The port to listen at; default: a free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly address?: string;
}

export async function host(act: Act, { port = 0, address = "127.0.0.1" }: HostOptions = {}): Promise<Host> {
  const asked: Asked[] = [];
  let open = 0;
  let peakOpen = 0;
  const server = createServer((request: IncomingMessage, response) => {
    const one = { path: request.url ?? "", headers: request.headers, atMs: performance.now(), nth: asked.length };
    asked.push(one);
    open++;
    peakOpen = Math.max(peakOpen, open);
    response.once("close", () => open--);
    act(response, one);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: address, backlog: 4096 }, resolve);
  });
  const { port: listening } = server.address() as AddressInfo;
  return {
    port: listening,
    origin: `http://${address}:${listening}`,
    asked,
    get peakOpen() {
      return peakOpen;
    },
    named: (name, path) => `http://${name}.localhost:${listening}${path}`,
    async close() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Holds responses back until `open` is called; later ones pass at once. */
export interface Gate {
  /** Calls `answer` when the gate is open. */
  pass(answer: () => void): void;
  open(): void;
  readonly waiting: number;
}

export function gate(): Gate {
  const held: (() => void)[] = [];
  let isOpen = false;
  return {
    pass(answer) {
      if (isOpen) answer();
      else held.push(answer);
    },
    open() {
      isOpen = true;
      for (const answer of held.splice(0)) answer();
    },
    get waiting() {
      return held.length;
    },
  };
}
