// A server on a free port of 127.0.0.1 that can be stopped at once, whatever its connections are doing.
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";

export interface Listening {
  readonly port: number;
  /** Stops listening, destroys every connection, and resolves when all are gone. */
  close(): Promise<void>;
}

/** Call it before anything else can connect: it must see every connection. */
export async function listen(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  // The queue of not yet accepted connections is long, so that hundreds at once are not dropped by the kernel.
  server.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      if (!server.listening) return;
      // A server may say "close" before its last socket does, and whoever counts sockets hears only these.
      const closed = [once(server, "close"), ...[...sockets].map(gone)];
      server.close();
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
