// A proxy that answers for every site of the documentation's examples, so that they run as shown, without the internet.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import { ROOT } from "../support/command.ts";

export interface ExampleSite {
  /** The variables for bulkget: the proxy, and the certificate authority of its certificate for example.org. */
  readonly env: Readonly<Record<string, string>>;
  /** `http://127.0.0.1:PORT` */
  readonly proxy: string;
  close(): Promise<void>;
}

const TYPES: readonly (readonly [string, string])[] = [
  [".png", "image/png"],
  [".jpg", "image/jpeg"],
  [".json", "application/json"],
];

export async function exampleSite(): Promise<ExampleSite> {
  const pem = (name: string) => readFileSync(join(ROOT, "fixtures/tls", `${name}.pem`));
  const [key, cert] = [pem("wrong-host-key"), pem("wrong-host-cert")]; // its only name is example.org
  const sockets = new Set<Socket>();
  const server = createServer(answer);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("connect", (_: IncomingMessage, socket: Socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    const secure = new TLSSocket(socket, { isServer: true, key, cert });
    secure.on("error", () => {});
    server.emit("connection", secure);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    proxy,
    env: { http_proxy: proxy, https_proxy: proxy, NODE_EXTRA_CA_CERTS: join(ROOT, "fixtures/tls/ca-cert.pem") },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Paths with "missing" or "gone" and robots.txt are 404; all others have a text of their own and an ETag. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "").replace(/^http:\/\/[^/]*/, "");
  if (/missing|gone|robots\.txt/.test(path)) {
    response.writeHead(404).end("not here\n");
    return;
  }
  const listing = listingAt(path);
  if (listing !== undefined) {
    response.writeHead(200, listing.headers).end(listing.body);
    return;
  }
  const body = path.endsWith("/more.txt") ? "https://example.org/more.jpg\n" : `${request.headers.host}${path}\n`;
  const etag = `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
  const type = TYPES.find(([extension]) => path.endsWith(extension))?.[1] ?? "text/html";
  if (request.headers["if-none-match"] === etag) response.writeHead(304, { etag }).end();
  else response.writeHead(200, { "content-type": type, etag }).end(body);
}

/** The listings of the examples, two pages each; undefined for other paths. */
function listingAt(path: string): { readonly body: string; readonly headers: Record<string, string> } | undefined {
  const { pathname, searchParams } = new URL(path, "https://example.org");
  if (pathname === "/list") {
    const isFirst = searchParams.get("next-marker") === null;
    const page = isFirst
      ? { FileNames: ["a.jpg", "b.jpg"], NextFile: "c.jpg" }
      : { FileNames: ["c.jpg"], NextFile: "" };
    return { body: JSON.stringify(page), headers: { "content-type": "application/json" } };
  }
  if (searchParams.get("list-type") === "2") {
    const isFirst = searchParams.get("continuation-token") === null;
    const more = isFirst ? "<NextContinuationToken>x</NextContinuationToken>" : "";
    const key = `<Contents><Key>photos/${isFirst ? 1 : 2}.jpg</Key></Contents>`;
    const xml = `<ListBucketResult><IsTruncated>${isFirst}</IsTruncated>${more}${key}</ListBucketResult>`;
    return { body: xml, headers: { "content-type": "application/xml" } };
  }
  if (pathname === "/api/images") {
    const isFirst = searchParams.get("page") === null;
    const link = isFirst ? { link: '<https://example.org/api/images?per_page=2&page=2>; rel="next"' } : {};
    const items = isFirst ? [{ url: "/1.png" }, { url: "/2.png" }] : [{ url: "/3.png" }];
    return { body: JSON.stringify(items), headers: { "content-type": "application/json", ...link } };
  }
  return undefined;
}
