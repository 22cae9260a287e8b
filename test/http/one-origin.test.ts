// A connection belongs to one origin, and an answer to the request before it: unrequested data reaches no request.

import { createServer, type Server, type Socket, connect as tcp } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { proxyRules } from "../../src/http/connect/proxy.ts";
import type { GetOptions } from "../../src/http/options.ts";
import { certificate, collect, testGet } from "../support/get.ts";
import { own, ownFolder } from "../support/own.ts";
import { listen } from "../support/rude/listen.ts";

const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const EVIL = answer("evil");

/** The request lines on each connection, oldest first. */
interface Passing {
  readonly origin: string;
  readonly connections: readonly (readonly string[])[];
}

interface Ways {
  /** Sent on each connection before any request. */
  readonly early?: boolean;
  /** Sent in the segment that ends the answer, or in a segment right after it. */
  readonly after?: "in its segment" | "in another segment";
}

/** A proxy that answers each URL with its path, and sends an unrequested answer. */
async function passing({ early, after }: Ways, path?: string): Promise<Passing> {
  const connections: string[][] = [];
  const server: Server = createServer({ noDelay: true }, (socket: Socket) => {
    const asked: string[] = [];
    connections.push(asked);
    socket.on("error", () => {});
    if (early === true) socket.write(EVIL);
    let pending = "";
    socket.on("data", (bytes: Buffer) => {
      pending += bytes.toString("latin1");
      for (let end = pending.indexOf("\r\n\r\n"); end !== -1; end = pending.indexOf("\r\n\r\n")) {
        const [line = ""] = pending.split("\r\n", 1);
        pending = pending.slice(end + 4);
        asked.push(line);
        const right = answer(/^GET (?:http:\/\/[^/]*)?(\S*)/.exec(line)?.[1] ?? "");
        socket.write(after === "in its segment" ? right + EVIL : right);
        if (after === "in another segment") setImmediate(() => socket.write(EVIL));
      }
    });
  });
  if (path !== undefined) {
    await new Promise<void>((resolve) => server.listen(path, resolve));
    own({ close: () => void server.close() });
    return { origin: path, connections };
  }
  const { port } = own(await listen(server));
  return { origin: `http://127.0.0.1:${port}`, connections };
}

const getting = (options: Partial<GetOptions>) => {
  const get = own(testGet({ maxConnections: 4, ...options }));
  return async (url: string) => String(await collect(await get.fetch(new URL(url))));
};

/** Returns the origins of the requests on a connection. */
const originsOn = (lines: readonly string[]) => new Set(lines.map((line) => /^GET (http:\/\/[^/]*)/.exec(line)?.[1]));

const HOSTS = ["http://a.test", "http://b.test", "http://a.test:81", "http://c.test"];

describe("through a proxy that forwards", () => {
  it.each<[string, Ways]>([
    ["without extra data", {}],
    ["that sends an extra answer in the segment of another", { after: "in its segment" }],
    ["that sends an extra answer right after another", { after: "in another segment" }],
  ])("%s, no connection carries two origins, and each origin gets its own answers", async (_, ways) => {
    const proxy = await passing(ways);
    const fetch = getting({ proxyFor: proxyRules(proxy.origin, {}) });
    for (let i = 0; i < 20; i++) {
      const [name, url] = [`/${i}`, `${HOSTS[i % 4]}/${i}`];
      const got = await fetch(url);
      // An origin may harm itself: its next request may receive its own extra answer.
      if (got !== "evil") expect(got).toBe(name);
    }
    for (const lines of proxy.connections) expect(originsOn(lines).size).toBe(1);
  });

  it("that keeps connections open, the requests of one origin reuse them", async () => {
    const proxy = await passing({});
    const fetch = getting({ proxyFor: proxyRules(proxy.origin, {}) });
    for (let i = 0; i < 20; i++) expect(await fetch(`${HOSTS[i % 2]}/${i}`)).toBe(`/${i}`);
    expect(proxy.connections.map(({ length }) => length)).toEqual([10, 10]);
  });
});

describe("through a Unix socket", () => {
  const folder = ownFolder();

  it("no connection carries two origins", async () => {
    const { connections } = await passing({}, folder.at("s.sock"));
    const fetch = getting({ unixSocket: folder.at("s.sock") });
    for (let i = 0; i < 8; i++) expect(await fetch(`${HOSTS[i % 4]}/${i % 4}/${i}`)).toBe(`/${i % 4}/${i}`);
    for (const lines of connections) expect(new Set(lines.map((line) => line.slice(0, 6))).size).toBe(1);
  });
});

/** A relay that holds the first TLS record with data until there are two, so that both arrive in one segment. */
async function relay(to: number): Promise<number> {
  let isOver = false;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = tcp({ port: to, host: "127.0.0.1", noDelay: true });
    let pending = Buffer.alloc(0);
    let data: Buffer[] = [];
    client.on("error", () => {}).pipe(upstream);
    upstream.on("error", () => {}).on("close", () => client.destroy());
    upstream.on("data", (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      while (pending.length >= 5 && pending.length >= 5 + pending.readUInt16BE(3)) {
        const record = pending.subarray(0, 5 + pending.readUInt16BE(3));
        pending = pending.subarray(record.length);
        if (record[0] !== 0x17 || isOver) client.write(record);
        else data.push(record);
        if (data.length < 2) continue;
        client.write(Buffer.concat(data));
        data = [];
        isOver = true;
      }
    });
  });
  return own(await listen(server)).port;
}

it("an answer that arrives before its request is sent is discarded, even right after another answer", async () => {
  let asked = 0;
  const keys = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") };
  const server = createTlsServer({ ...keys, maxVersion: "TLSv1.2" }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", () => {
      asked++;
      socket.write(answer(`right ${asked}`));
      if (asked === 1) socket.write(EVIL);
    });
  });
  const port = await relay(own(await listen(server)).port);
  const fetch = getting({ insecure: true, maxConnections: 1 });
  expect(await fetch(`https://127.0.0.1:${port}/1`)).toBe("right 1");
  expect(await fetch(`https://127.0.0.1:${port}/2`)).toBe("right 2");
});

it.each(["http", "https"])("%s: an answer that arrives before any request reaches no other origin", async (scheme) => {
  const keys = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") };
  const connections: Socket[] = [];
  const serve = (socket: Socket) => {
    connections.push(socket);
    socket.on("error", () => {}).write(EVIL);
    socket.on("data", () => socket.write(answer("right")));
  };
  const first = own(await listen(scheme === "http" ? createServer(serve) : createTlsServer(keys, serve)));
  const second = own(
    await listen(
      createServer((socket) => void socket.on("error", () => {}).on("data", () => socket.write(answer("second")))),
    ),
  );
  const fetch = getting({ insecure: true });
  for (let i = 0; i < 5; i++) {
    await fetch(`${scheme}://127.0.0.1:${first.port}/${i}`);
    expect(await fetch(`http://127.0.0.1:${second.port}/${i}`)).toBe("second");
  }
});
