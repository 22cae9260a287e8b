// A server that answers each path with raw bytes, for responses that no library sends.

import { createServer } from "node:net";
import { listen } from "../rude/listen.ts";

export interface RawServer {
  url(path: string): string;
  /** The requests so far, in Latin-1, each with the number of its connection, from 1. */
  readonly requests: readonly { readonly path: string; readonly text: string; readonly connection: number }[];
  close(): Promise<void>;
}

/** `answer` returns the response in Latin-1, or undefined to send nothing. The connection ends after each one unless `keeps`. */
export async function rawServer(
  answer: (path: string, connection: number) => string | undefined,
  keeps = false,
): Promise<RawServer> {
  const requests: { path: string; text: string; connection: number }[] = [];
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = ++connections;
    let head = "";
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      head += bytes.toString("latin1");
      for (let end = head.indexOf("\r\n\r\n"); end !== -1; end = head.indexOf("\r\n\r\n")) {
        const path = head.split(" ", 2)[1] ?? "";
        requests.push({ path, text: head.slice(0, end + 4), connection });
        head = head.slice(end + 4);
        const bytes = answer(path, connection);
        if (bytes !== undefined) socket.write(bytes, "latin1");
        if (!keeps) socket.end();
      }
    });
  });
  const { port, close } = await listen(server);
  return { url: (path) => `http://127.0.0.1:${port}${path}`, requests, close };
}
