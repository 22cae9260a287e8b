// A raw TCP client for the tests of the rude servers: sends bytes, and returns the received bytes and the kind of end.
import { connect, type Socket } from "node:net";
import { wasReset } from "../../../src/http/h1/connection.ts";

export type Ending = "fin" | "reset" | "enough";
export interface Received {
  readonly text: string;
  readonly ending: Ending;
}

/** A correct request; with `last`, it has Connection: close. */
export const get = (path: string, ...headers: string[]) =>
  `${[`GET ${path} HTTP/1.1`, "Host: x", ...headers].join("\r\n")}\r\n\r\n`;
export const last = (path: string) => get(path, "Connection: close");

/** Sends, and receives until the server ends or `enough` is true of the received bytes (Latin-1). */
export function exchange(
  socket: Socket,
  request: string,
  enough: (text: string) => boolean = () => false,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    let text = "";
    const settle = (ending: Ending) => {
      socket.off("data", onData).off("end", onEnd);
      if (ending !== "enough") socket.destroy();
      resolve({ text, ending });
    };
    const onData = (bytes: Buffer) => {
      text += bytes.toString("latin1");
      if (enough(text)) settle("enough");
    };
    const onEnd = () => settle(wasReset(socket) ? "reset" : "fin");
    socket.on("data", onData).on("end", onEnd);
    // The listener stays, because a later reset must not be thrown.
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" ? settle("reset") : reject(error),
    );
    socket.write(request);
  });
}

/** Sends and receives on a new connection, which is closed afterwards. */
export async function once(port: number, request: string, enough?: (text: string) => boolean): Promise<Received> {
  const socket = connect({ host: "127.0.0.1", port });
  const received = await exchange(socket, request, enough);
  socket.destroy();
  return received;
}

/** The bytes after the first empty line. */
export const bodyOf = (text: string) => text.slice(text.indexOf("\r\n\r\n") + 4);
