// A relay before a TLS server that refuses every ClientHello that offers a session.

import { connect, createServer } from "node:net";
import { listen } from "../rude/listen.ts";

/** Refusal by an alert (RFC 8446 section 6.2), by FIN, or by RST. */
export type Refusing = number | "close" | "reset";

/** RFC 5077 section 3.2 and RFC 8446 section 4.2.11. */
const SESSION_TICKET = 35;
const PRE_SHARED_KEY = 41;

export interface SessionlessRelay {
  readonly port: number;
  /** For each connection, whether a session was offered. */
  readonly offered: readonly boolean[];
  close(): Promise<void>;
}

/** Relays everything else to `port`. */
export async function sessionlessRelay(port: number, refusing: Refusing): Promise<SessionlessRelay> {
  const offered: boolean[] = [];
  const server = createServer({ noDelay: true }, (client) => {
    let hello = Buffer.alloc(0);
    client.on("error", () => client.destroy());
    const onData = (piece: Buffer) => {
      hello = Buffer.concat([hello, piece]);
      if (hello.length < 5 || hello.length < 5 + hello.readUInt16BE(3)) return;
      client.off("data", onData);
      const hasSession = offersSession(hello);
      offered.push(hasSession);
      if (!hasSession) {
        const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
        upstream.on("error", () => client.destroy()).on("close", () => client.destroy());
        client.on("close", () => upstream.destroy());
        upstream.write(hello);
        client.pipe(upstream).pipe(client);
      } else if (refusing === "reset") client.resetAndDestroy();
      else if (refusing === "close") client.end();
      else client.end(Buffer.from([21, 3, 3, 0, 2, 2, refusing])); // fatal
    };
    client.on("data", onData);
  });
  const { port: own, close } = await listen(server);
  return { port: own, offered, close };
}

/** Whether a ClientHello offers a session: a ticket of TLS 1.2, or a pre-shared key of TLS 1.3. */
function offersSession(hello: Buffer): boolean {
  let at = 5 + 4 + 2 + 32;
  at += 1 + hello.readUInt8(at); // legacy_session_id, which is random in TLS 1.3
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  const end = at + 2 + hello.readUInt16BE(at);
  for (at += 2; at < end; ) {
    const [type, bytes] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)];
    if (type === PRE_SHARED_KEY || (type === SESSION_TICKET && bytes > 0)) return true;
    at += 4 + bytes;
  }
  return false;
}
