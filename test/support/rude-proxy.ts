// A proxy for absolute-form GET and CONNECT that misbehaves at CONNECT according to its mode.
import { connect, createServer, type Socket } from "node:net";
import { body, forEver } from "./rude/content.ts";
import { listen } from "./rude/listen.ts";
import { type RequestHead, remember, takeHead } from "./rude/request.ts";
import { type Wire, wire } from "./rude/wire.ts";

const ESTABLISHED = "HTTP/1.1 200 Connection Established\r\n\r\n";
const CREDENTIALS = `Basic ${Buffer.from("user:pass").toString("base64")}`;

/** The response to CONNECT by mode; correct in modes without a row. Absolute-form GET works in every mode. */
const ON_CONNECT = {
  "close-on-connect": (client: Wire) => client.end(),
  "reset-on-connect": (client: Wire) => client.reset(),
  "stall-on-connect": () => {},
  "garbage-on-connect": (client: Wire) => client.send(body(500)),
  "refuse-on-connect": (client: Wire) => client.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 8\r\n\r\nnot you\n"),
  "drip-on-connect"(client: Wire) {
    client.send("HTTP/1.1 200 OK\r\nX-Drip: ");
    client.drip(forEver("x"), 50);
  },
  "huge-on-connect"(client: Wire) {
    client.send("HTTP/1.1 200 OK\r\n");
    client.pump(forEver(`X-Fill: ${"f".repeat(1_014)}\r\n`));
  },
  "extra-on-connect": (client: Wire) =>
    client.send(`${ESTABLISHED}these bytes are not TLS, and nobody asked for them\n`),
} as const;

export type ProxyMode = "works" | "auth" | keyof typeof ON_CONNECT;

export interface RudeProxy {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** The targets of CONNECT, as sent ("host:port"); the last 10,000. */
  readonly connects: readonly string[];
  /** The absolute-form requests; names of headers in lower case; the last 10,000. */
  readonly requests: readonly { readonly line: string; readonly headers: Record<string, string> }[];
  close(): Promise<void>;
}

/** The mode "auth" requires the Basic credentials user:pass for every request. */
export async function rudeProxy(mode: ProxyMode = "works"): Promise<RudeProxy> {
  const connects: string[] = [];
  const requests: { line: string; headers: Record<string, string> }[] = [];
  const upstreams = new Set<Socket>();

  const reach = (authority: string, fallbackPort: number): Socket => {
    const { hostname, port } = new URL(`http://${authority}`);
    // WHATWG URLs drop a port of 80 and keep the brackets of IPv6.
    const asked = authority.endsWith(":80") ? 80 : Number(port || fallbackPort);
    const upstream = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: asked, noDelay: true });
    upstreams.add(upstream);
    upstream.once("close", () => upstreams.delete(upstream));
    return upstream;
  };

  const server = createServer({ noDelay: true }, (client) => {
    const bytes = wire(client);
    let pending = "";
    let upstream: { authority: string; socket: Socket } | undefined;
    client.on("close", () => upstream?.socket.destroy());

    const tunnel = (head: RequestHead) => {
      remember(connects, head.path);
      if (mode !== "works" && mode !== "auth") return ON_CONNECT[mode](bytes);
      client.off("data", received).pause();
      const socket = reach(head.path, 443);
      upstream = { authority: head.path, socket };
      socket.once("connect", () => {
        bytes.send(ESTABLISHED);
        socket.write(head.left, "latin1");
        client.pipe(socket);
      });
      answersFrom(socket, client, bytes);
    };

    const forward = (head: RequestHead) => {
      const line = `${head.method} ${head.path} HTTP/1.${head.minor}`;
      remember(requests, { line, headers: head.headers });
      const [, authority = "", target = ""] = /^http:\/\/([^/?]+)(.*)$/i.exec(head.path) ?? [];
      if (authority === "") return bytes.end("HTTP/1.1 400 Not Absolute\r\nContent-Length: 0\r\n\r\n");
      if (upstream?.authority !== authority) {
        upstream?.socket.unpipe(client).destroy();
        upstream = { authority, socket: reach(authority, 80) };
        answersFrom(upstream.socket, client, bytes);
      }
      const [, ...lines] = head.raw.split("\r\n");
      const kept = lines.filter((header) => !/^proxy-/i.test(header));
      const path = target.startsWith("/") ? target : `/${target}`;
      upstream.socket.write([`${head.method} ${path} HTTP/1.${head.minor}`, ...kept].join("\r\n"), "latin1");
    };

    const received = (data: Buffer) => {
      pending += data.toString("latin1");
      const head = takeHead(pending);
      if (head.kind === "more") return;
      if (head.kind === "bad") return bytes.end(`HTTP/1.1 ${head.status}\r\nContent-Length: 0\r\n\r\n`);
      pending = head.left;
      if (mode === "auth" && head.headers["proxy-authorization"] !== CREDENTIALS) {
        const challenge = 'Proxy-Authenticate: Basic realm="rude"';
        bytes.send(`HTTP/1.1 407 Proxy Authentication Required\r\n${challenge}\r\nContent-Length: 0\r\n\r\n`);
      } else if (head.method === "CONNECT") tunnel(head);
      else forward(head);
    };
    client.on("data", received);
  });

  const { port, close } = await listen(server);
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    connects,
    requests,
    async close() {
      for (const upstream of upstreams) upstream.destroy();
      await close();
    },
  };
}

/** A proxy that answers CONNECT with these pieces, and then relays all bytes. */
export async function answeringConnect(pieces: readonly string[]): Promise<Pick<RudeProxy, "port" | "close">> {
  const server = createServer({ noDelay: true }, (client) => {
    client.on("error", () => client.destroy());
    client.once("data", (request: Buffer) => {
      const { hostname, port } = new URL(`http://${request.toString("latin1").split(" ")[1]}`);
      const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
      upstream.on("error", () => client.destroy()).on("close", () => client.destroy());
      client.on("close", () => upstream.destroy());
      client.pause();
      const left = [...pieces];
      const next = () => {
        const piece = left.shift();
        if (piece === undefined) client.pipe(upstream).pipe(client);
        else client.write(piece, "latin1", next);
      };
      next();
    });
  });
  return listen(server);
}

/** Relays the target's bytes, FIN and reset; answers 502 for an unreachable target. */
function answersFrom(upstream: Socket, client: Socket, bytes: Wire): void {
  let reached = false;
  upstream.once("connect", () => {
    reached = true;
    upstream.pipe(client);
  });
  upstream.once("error", () => {
    if (reached) bytes.reset();
    else bytes.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
  });
}
