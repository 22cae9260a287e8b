// Starts a server on a free port of 127.0.0.1 that can be stopped at once with all its connections.
import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";

export interface Listening {
  readonly port: number;
  /** Stops listening, destroys every connection, and resolves when all are gone. */
  close(): Promise<void>;
}

/** Call before any client can connect: all connections must be tracked. */
export async function listen(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  // A long accept queue, so that the kernel does not drop connections when hundreds arrive at once.
  server.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 });
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      if (!server.listening) return;
      // A server may emit "close" before its last socket does, and tests count sockets.
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
