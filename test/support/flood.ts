// A raw server that answers byte by byte what a test tells it to, on many connections in turn and no faster than it is read.

import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { listen } from "./rude/listen.ts";

/** What goes out for one request, a piece at a time: each is a write of its own. */
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
  /** End each connection after its first answer. */
  readonly closes?: boolean;
}

/** `answer` gets the path (or whole URL) that is asked for, and the number of the request, from 0 on. */
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

/** A turn of the event loop for each piece: all connections get theirs at the same time. */
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
