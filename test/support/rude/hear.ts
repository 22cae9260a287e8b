// A raw client for the tests of the rude servers: it sends bytes, and hears bytes and how they ended.
import { connect, type Socket } from "node:net";

export type Ending = "fin" | "reset" | "enough";
export interface Heard {
  readonly text: string;
  readonly ending: Ending;
}

/** A correct request; `last` asks for the connection to be closed after its answer. */
export const get = (path: string, ...headers: string[]) =>
  `${[`GET ${path} HTTP/1.1`, "Host: x", ...headers].join("\r\n")}\r\n\r\n`;
export const last = (path: string) => get(path, "Connection: close");

/** Sends, and hears until the other side ends or `enough` is true of all that was heard (latin1). */
export function hear(socket: Socket, request: string, enough: (text: string) => boolean = () => false): Promise<Heard> {
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
    const onEnd = () => settle("fin");
    socket.on("data", onData).on("end", onEnd);
    // It stays after the end: a reset that comes later is nobody's business, but must not be thrown.
    socket.on("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" ? settle("reset") : reject(error),
    );
    socket.write(request);
  });
}

/** The same on a connection of its own, which is gone afterwards. */
export async function once(port: number, request: string, enough?: (text: string) => boolean): Promise<Heard> {
  const socket = connect({ host: "127.0.0.1", port });
  const heard = await hear(socket, request, enough);
  socket.destroy();
  return heard;
}

/** What follows the first empty line. */
export const bodyOf = (text: string) => text.slice(text.indexOf("\r\n\r\n") + 4);
