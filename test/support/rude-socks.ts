// A SOCKS 5 server that misbehaves according to its mode.

import { connect, createServer, isIP, type Socket } from "node:net";
import { listen } from "./rude/listen.ts";
import { remember } from "./rude/request.ts";

const BOUND = [0, 0, 0, 0, 0, 0];

/** The reply to CONNECT by mode. */
const REPLIES = {
  "not-allowed": [5, 2, 0, 1, ...BOUND],
  "network-unreachable": [5, 3, 0, 1, ...BOUND],
  "host-unreachable": [5, 4, 0, 1, ...BOUND],
  refused: [5, 5, 0, 1, ...BOUND],
  "short-refusal": [5, 1],
  "unknown-reply": [5, 200, 0, 1, ...BOUND],
  "unknown-type": [5, 0, 0, 9, ...BOUND, ...BOUND, ...BOUND, 0, 0, 0, 0],
  "extra-bytes": [5, 0, 0, 1, ...BOUND, 42],
  "version-4": [4, 90, 0, 0, 0, 0, 0, 0],
} as const;

export type SocksMode =
  | "works"
  | "drips"
  | "long-bound"
  | "login"
  | "close-on-greeting"
  | "reset-on-greeting"
  | "stall-on-greeting"
  | "close-on-connect"
  | "http"
  | "no-method"
  | keyof typeof REPLIES;

export interface RudeSocks {
  readonly port: number;
  /** `127.0.0.1:PORT` */
  readonly authority: string;
  /** The requested targets as sent: "name a.test:80", "address 127.0.0.1:80". */
  readonly asked: readonly string[];
  readonly logins: readonly string[];
  close(): Promise<void>;
}

/** The mode "login" requires user and pass. All names resolve to 127.0.0.1. */
export async function rudeSocks(mode: SocksMode = "works"): Promise<RudeSocks> {
  const asked: string[] = [];
  const logins: string[] = [];
  const targets = new Set<Socket>();

  const say = (client: Socket, bytes: readonly number[]) => {
    if (mode !== "drips") return void client.write(Buffer.from(bytes));
    for (const byte of bytes) client.write(Buffer.from([byte]));
  };
  const reach = (client: Socket, host: string, port: number) => {
    const target = connect(port, isIP(host) === 0 ? "127.0.0.1" : host, () => {
      say(client, mode === "long-bound" ? [5, 0, 0, 3, 255, ...Buffer.alloc(255, 97), 0, 1] : [5, 0, 0, 1, ...BOUND]);
      client.pipe(target).pipe(client);
    });
    targets.add(target);
    target.on("close", () => targets.delete(target)).on("error", () => client.destroy());
    client.on("close", () => target.destroy());
  };
  const server = createServer({ noDelay: true }, (client) => {
    let step: "greeting" | "login" | "connect" = "greeting";
    let pending = Buffer.alloc(0);
    client.on("error", () => {});
    const received = (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (step === "greeting") {
        const [, count = 0] = pending;
        if (pending.length < 2 + count) return;
        pending = pending.subarray(2 + count);
        if (mode === "close-on-greeting") return void client.end();
        if (mode === "reset-on-greeting") return void client.resetAndDestroy();
        if (mode === "stall-on-greeting") return;
        if (mode === "http") return void client.end("HTTP/1.1 400 Bad Request\r\n\r\n");
        if (mode === "no-method") return void client.end(Buffer.from([5, 255]));
        step = mode === "login" ? "login" : "connect";
        say(client, [5, mode === "login" ? 2 : 0]);
      } else if (step === "login") {
        const [, users = 0] = pending;
        const passwords = pending[2 + users] ?? 0;
        if (pending.length < 3 + users + passwords) return;
        const login = `${pending.subarray(2, 2 + users)}:${pending.subarray(3 + users, 3 + users + passwords)}`;
        pending = pending.subarray(3 + users + passwords);
        remember(logins, login);
        step = "connect";
        say(client, [1, login === "user:pass" ? 0 : 1]);
      } else {
        const type = pending[3];
        const length = type === 1 ? 4 : type === 4 ? 16 : 1 + (pending[4] ?? 0);
        if (pending.length < 6 + length) return;
        const [address, port] = [pending.subarray(4, 4 + length), pending.readUInt16BE(4 + length)];
        const host = type === 3 ? address.subarray(1).toString() : type === 1 ? address.join(".") : ipv6(address);
        remember(asked, `${type === 3 ? "name" : "address"} ${host}:${port}`);
        client.off("data", received);
        if (mode === "close-on-connect") client.end();
        else if (mode in REPLIES) client.end(Buffer.from(REPLIES[mode as keyof typeof REPLIES]));
        else reach(client, host, port);
      }
    };
    client.on("data", received);
  });
  const { port, close } = await listen(server);
  return {
    port,
    authority: `127.0.0.1:${port}`,
    asked,
    logins,
    async close() {
      for (const target of targets) target.destroy();
      await close();
    },
  };
}

function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
