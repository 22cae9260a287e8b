// A raw TCP or TLS server that sends a test's pieces on many connections in turn, with backpressure.

import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { listen } from "../rude/listen.ts";

/** The response to one request; each piece is its own write. */
export type Pieces = Iterable<Buffer | string>;

export interface Flood {
  readonly port: number;
  /** `http://127.0.0.1:PORT`, or https. */
  readonly origin: string;
  /** The first lines of all requests, oldest first. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export interface FloodOptions {
  /** PEM. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Ends each connection after its first response. */
  readonly closes?: boolean;
}

/** `answer` receives the request target, and the number of the request from 0. */
export async function flood(
  answer: (path: string, nth: number) => Pieces,
  { tls, closes }: FloodOptions = {},
): Promise<Flood> {
  const asked: string[] = [];
  const serve = (socket: Socket) => {
    let pending = "";
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      pending += bytes.toString("latin1");
      for (let end = pending.indexOf("\r\n\r\n"); end !== -1; end = pending.indexOf("\r\n\r\n")) {
        const [line = ""] = pending.split("\r\n", 1);
        pending = pending.slice(end + 4);
        const nth = asked.push(line) - 1;
        const pieces = answer(line.split(" ")[1] ?? "", nth);
        pour(socket, pieces[Symbol.iterator](), () => closes === true && socket.end());
      }
    });
  };
  const server = tls === undefined ? createServer({ noDelay: true }) : createTlsServer({ ...tls, noDelay: true });
  server.on(tls === undefined ? "connection" : "secureConnection", serve);
  const { port, close } = await listen(server);
  return { port, origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`, asked, close };
}

/** Sends one piece per turn of the event loop, so that all connections progress in parallel. */
function pour(socket: Socket, pieces: Iterator<Buffer | string>, done: () => void): void {
  const step = () => {
    if (socket.destroyed) return;
    const next = pieces.next();
    if (next.done === true) return done();
    const isRoomy = typeof next.value === "string" ? socket.write(next.value, "latin1") : socket.write(next.value);
    if (isRoomy) setImmediate(step);
    else socket.once("drain", step);
  };
  step();
}
