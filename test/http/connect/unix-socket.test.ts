// --unix-socket: all requests use it, with the URL's host.

import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { GetOptions } from "../../../src/http/options.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { own, ownFolder } from "../../support/own.ts";

const folder = ownFolder();

async function listening(server: Server): Promise<string> {
  const path = folder.at("s");
  server.listen(path);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return path;
}

function fetcher(unixSocket: string, options: Partial<GetOptions> = {}) {
  const get = own(testGet({ unixSocket, ca: certificate("ca-cert.pem"), ...options }));
  return async (url: string) => collect(await get.fetch(new URL(url)));
}

it("requests to all hosts use the Unix socket, with their Host, and connections are reused per host", async () => {
  const hosts: (string | undefined)[] = [];
  let connections = 0;
  const server = createHttpServer((request, response) => {
    hosts.push(request.headers.host);
    response.end(`at ${request.url}`);
  });
  server.on("connection", () => connections++);
  const fetch = fetcher(await listening(server));
  for (const url of ["http://a.test/1", "http://a.test/2", "http://b.test:81/3", "http://127.0.0.1/4"]) {
    expect(await fetch(url)).toEqual(Buffer.from(`at ${new URL(url).pathname}`));
  }
  expect([hosts, connections]).toEqual([["a.test", "a.test", "b.test:81", "127.0.0.1"], 3]);
});

it("TLS over a Unix socket is verified by the URL's name", async () => {
  const server = createTlsServer(
    { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") },
    (request, response) => void response.end(request.headers.host),
  );
  server.on("tlsClientError", () => {});
  const fetch = fetcher(await listening(server));
  expect(await fetch("https://localhost/")).toEqual(Buffer.from("localhost"));
  expect(await fetch("https://other.test/")).toMatchObject({ error: "tls_certificate" });
});

it("over a Unix socket a body that ends with its connection is complete, and a truncated one is not", async () => {
  const server = createServer((socket) => {
    socket.once("data", (request: Buffer) => {
      const cut = request.includes("/cut");
      socket.end(`HTTP/1.1 200 OK\r\n${cut ? "Content-Length: 10\r\n" : ""}\r\nbody`);
    });
  });
  const fetch = fetcher(await listening(server));
  expect(await fetch("http://a.test/whole")).toEqual(Buffer.from("body"));
  expect(await fetch("http://a.test/cut")).toMatchObject({ error: "truncated" });
});

it("over a Unix socket large bodies arrive, also paused and resumed", async () => {
  const large = Buffer.alloc(8 * 1_048_576, "x");
  const fetch = fetcher(await listening(createHttpServer((_, response) => void response.end(large))));
  const got = await fetch("http://a.test/");
  expect(Buffer.isBuffer(got) && got.equals(large)).toBe(true);
});

it("a Unix socket that is missing, or without a listener, is a failure with its path", async () => {
  const missing = folder.at("missing");
  expect(await fetcher(missing)("http://a.test/")).toMatchObject({
    error: "connect_failed",
    detail: `connect ENOENT ${missing}`,
  });
  const path = await listening(createServer());
  expect(await fetcher(join(path, "below"))("http://a.test/")).toMatchObject({ error: "connect_failed" });
});
