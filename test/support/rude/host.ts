// A server that answers as a test tells it to, and keeps what it was asked, when, and how much at a time.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** When it arrived, in milliseconds of `performance.now()`. */
  readonly atMs: number;
  /** How many requests had come before it. */
  readonly nth: number;
}

export type Act = (response: ServerResponse, asked: Asked) => void;

export interface Host {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Every request so far, oldest first. */
  readonly asked: readonly Asked[];
  /** The most that were open at a time. */
  readonly peakOpen: number;
  /** `http://NAME.localhost:PORT/path`: for a client, a host of its own for every name. */
  named(name: string, path: string): string;
  /** Every connection is reset, and nobody listens any more. Does nothing the second time. */
  close(): Promise<void>;
}

export interface HostOptions {
  /** Where to listen; default a free port. */
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

/** Holds answers back until so many wait, or `open` is called: then all of them are let go, and all that come later. */
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
