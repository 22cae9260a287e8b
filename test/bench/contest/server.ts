// The benchmark's HTTP server, a child process with pre-built responses over node:net, so that the client is the bottleneck.
//
//   /b/<bytes>/<anything>        that many bytes
//   /r/<bytes>/<anything>        as many random bytes
//   /d/<ms>/<bytes>/<anything>   the same after a delay
//
// It shares the cores with the client, so it avoids node:http, and reads only the path and `Connection: close` of a request.

import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";

const NOTHING = Buffer.alloc(0);
const HEAD_END = "\r\n\r\n";
const MAX_HEAD_BYTES = 64 * 1024;
/** The source of all bodies; a body that fits is kept with its header in one buffer, a larger one is written in parts. */
const STUFF = Buffer.alloc(1024 * 1024, "What a benchmark downloads need not be interesting.\n");
const RANDOM = randomBytes(STUFF.length);
const NOT_FOUND = Buffer.from("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
const PATH = /^\/(b|r|d\/(\d{1,6}))\/(\d{1,12})\//;
const WANTS_CLOSE = /\r\nconnection:[ \t]*close/i;

const small = new Map<string, Buffer>();

function head(bytes: number, close: boolean): string {
  const connection = close ? "Connection: close\r\n" : "";
  return `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n${connection}\r\n`;
}

function smallAnswer(bytes: number, source: Buffer, close: boolean): Buffer {
  const key = `${bytes}${source === RANDOM ? " random" : ""}${close ? " close" : ""}`;
  const known = small.get(key);
  if (known !== undefined) return known;
  const answer = Buffer.concat([Buffer.from(head(bytes, close)), source.subarray(0, bytes)]);
  small.set(key, answer);
  return answer;
}

/** Answers the requests of one connection in order. */
function serve(socket: Socket): void {
  /** Received bytes that are not answered yet. */
  let rest: Buffer = NOTHING;
  /** Whether a delay or a large body is under way; meanwhile, received bytes wait in `rest`. */
  let busy = false;
  let closing = false;
  /** Number of bytes of a large body that are not written yet. */
  let left = 0;
  let source = STUFF;
  let timer: NodeJS.Timeout | undefined;

  const pour = () => {
    while (left > 0) {
      const piece = left >= source.length ? source : source.subarray(0, left);
      left -= piece.length;
      if (!socket.write(piece)) break;
    }
    if (left === 0) done();
  };
  const done = () => {
    busy = false;
    if (closing) socket.end();
    else answer();
  };
  const begin = (bytes: number) => {
    if (bytes <= source.length) {
      socket.write(smallAnswer(bytes, source, closing));
      done();
      return;
    }
    left = bytes;
    socket.write(head(bytes, closing), "latin1");
    pour();
  };

  /** Answers the whole requests in `rest`; small responses to several requests of one chunk are one write. */
  const answer = () => {
    const ready: Buffer[] = [];
    let at = 0;
    let slow: (() => void) | undefined;
    while (slow === undefined && !closing) {
      const end = rest.indexOf(HEAD_END, at, "latin1");
      if (end < 0) break;
      const request = rest.toString("latin1", at, end);
      at = end + HEAD_END.length;
      closing = WANTS_CLOSE.test(request);
      const pathAt = request.indexOf(" ") + 1;
      const found = PATH.exec(request.slice(pathAt, request.indexOf(" ", pathAt)));
      if (found === null) {
        closing = true;
        ready.push(NOT_FOUND);
        break;
      }
      const delayMs = Number(found[2] ?? 0);
      const bytes = Number(found[3]);
      source = found[1] === "r" ? RANDOM : STUFF;
      if (delayMs > 0) {
        slow = () => {
          timer = setTimeout(begin, delayMs, bytes);
        };
      } else if (bytes > source.length) {
        slow = () => begin(bytes);
      } else {
        ready.push(smallAnswer(bytes, source, closing));
      }
    }
    rest = at < rest.length ? rest.subarray(at) : NOTHING;
    const first = ready[0];
    if (first !== undefined) socket.write(ready.length === 1 ? first : Buffer.concat(ready));
    if (slow !== undefined) {
      busy = true;
      slow();
    } else if (closing) {
      socket.end();
    } else if (rest.length > MAX_HEAD_BYTES) {
      socket.destroy();
    }
  };

  socket.on("data", (chunk: Buffer) => {
    if (closing && !busy) return;
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!busy) answer();
  });
  socket.on("drain", () => {
    if (left > 0) pour();
  });
  socket.on("close", () => {
    left = 0;
    clearTimeout(timer);
  });
  // A stopped client resets its connections; the following "close" is enough.
  socket.on("error", () => {});
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, serve);
    server.once("error", reject);
    server.listen({ host, port, backlog: 4096 }, () => resolve(server));
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address.port;
}

/** Listens on both loopback addresses with one port; only on IPv4 on a machine without IPv6. */
async function listenOnLoopback(): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const server = await listen("127.0.0.1", 0);
    const port = portOf(server);
    try {
      await listen("::1", port);
      return port;
    } catch (error) {
      const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!taken) return port;
      if (attempt === 20) throw error;
      server.close();
    }
  }
}

// The benchmark has the other end of this channel, so that the server ends with it.
process.on("disconnect", () => process.exit());
process.send?.({ port: await listenOnLoopback() });
