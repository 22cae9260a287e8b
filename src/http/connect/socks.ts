// Connects through a SOCKS 5 proxy (RFC 1928), with a user name and password if it has them (RFC 1929).

import { isIP, type Socket } from "node:net";
import { bytesOf } from "./dns/addresses.ts";
import type { ProxyServer } from "./proxy.ts";
import { ProxyRefusal } from "./tunnel.ts";

const VERSION = 5;
const LOGIN_VERSION = 1;
const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;

const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

/** The reply codes of RFC 1928 section 6, from 1 on. */
const REFUSALS = [
  "failed",
  "does not allow the connection",
  "cannot reach the network",
  "cannot reach the host",
  "was refused the connection",
  "reports an expired TTL",
  "does not support CONNECT",
  "does not support this type of address",
] as const;

/** One expected answer of the handshake. */
interface Step {
  /** Its first byte. */
  readonly version: number;
  /** Returns the length of the answer in bytes, or the minimum length that follows from the bytes received so far. */
  bytes(answer: Buffer): number;
  /** Returns the next step; a text if the proxy refused; undefined at the end of the handshake. */
  next(answer: Buffer): Step | string | undefined;
}

/**
 * Requests a connection to `host` (a name or an address) and `port` over a connected socket, and calls `done` once. No answer
 * has more than 262 bytes; surplus bytes are refused. The caller has the time limit.
 */
export function connectSocks(
  socket: Socket,
  proxy: ProxyServer,
  host: string,
  port: number,
  done: (error: Error | undefined) => void,
): void {
  const login = proxy.socks?.login;
  let answer: Buffer = Buffer.alloc(0);

  const finish = (refusal?: string) => {
    socket.off("data", onData).off("end", onEnd);
    socket.pause();
    done(refusal === undefined ? undefined : new ProxyRefusal(proxy, refusal));
  };
  const onEnd = () => finish("closed the connection in the handshake");
  const onData = (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
    if (answer[0] !== step.version) return finish("does not speak SOCKS 5");
    const bytes = step.bytes(answer);
    if (answer.length < bytes) return;
    if (answer.length > bytes) return finish("sent unexpected bytes");
    const next = step.next(answer);
    answer = Buffer.alloc(0);
    if (next === undefined) finish();
    else if (typeof next === "string") finish(next);
    else step = next;
  };

  const connect = (): Step | string => {
    const address = encodedAddress(host);
    if (address === undefined) return "accepts no name of over 255 bytes";
    socket.write(Buffer.from([VERSION, 1, 0, ...address, port >> 8, port & 0xff]));
    return REPLY;
  };
  const greeted: Step = {
    version: VERSION,
    bytes: () => 2,
    next([, method]) {
      if (method === NO_AUTHENTICATION) return connect();
      if (login === undefined) return "requires a user name and a password";
      if (method !== USER_AND_PASSWORD) return "accepts none of our authentication methods";
      const [user, password] = [Buffer.from(login.user, "latin1"), Buffer.from(login.password, "latin1")];
      socket.write(Buffer.from([LOGIN_VERSION, user.length, ...user, password.length, ...password]));
      return loggedIn;
    },
  };
  const loggedIn: Step = {
    version: LOGIN_VERSION,
    bytes: () => 2,
    next: ([, status]) => (status === 0 ? connect() : "rejected the user name or the password"),
  };

  let step = greeted;
  socket.on("data", onData).on("end", onEnd);
  socket.write(
    Buffer.from(
      login === undefined ? [VERSION, 1, NO_AUTHENTICATION] : [VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD],
    ),
  );
}

/** The reply to CONNECT. Its bound address is not used, but has to be read completely. */
const REPLY: Step = {
  version: VERSION,
  bytes(answer) {
    const [, reply, , type, nameBytes] = answer;
    if (reply !== undefined && reply !== 0) return answer.length; // a refusal may be cut short
    if (type === undefined || nameBytes === undefined) return 5;
    if (type === IPV4) return 10;
    if (type === IPV6) return 22;
    return type === NAME ? 7 + nameBytes : answer.length;
  },
  next([, reply = 0, , type = 0]) {
    if (reply !== 0) return REFUSALS[reply - 1] ?? `answered ${reply}`;
    return [IPV4, NAME, IPV6].includes(type) ? undefined : "does not speak SOCKS 5";
  },
};

/** Returns the address type and the address, or a name after its length; undefined for a name that is too long. */
function encodedAddress(host: string): readonly number[] | undefined {
  const family = isIP(host);
  if (family !== 0) return [family === 4 ? IPV4 : IPV6, ...bytesOf(host)];
  const name = Buffer.from(host);
  return name.length > 255 ? undefined : [NAME, name.length, ...name];
}
