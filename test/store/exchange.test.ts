// The time limits of a request to a store, against servers that never answer or answer early.
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { memoryBody, NO_BODY } from "../../src/store/body.ts";
import { type ExchangeRequest, exchange } from "../../src/store/exchange.ts";
import { own } from "../support/own.ts";

const SHORT = { connectMs: 10_000, idleMs: 50, wholeMs: 10_000 };
const LONG = { connectMs: 10_000, idleMs: 10_000, wholeMs: 10_000 };

async function listening(server: Server, sockets = new Set<Socket>()): Promise<URL> {
  server.on("connection", (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  own({
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function request(origin: URL, more: Partial<ExchangeRequest> = {}): ExchangeRequest {
  return { method: "PUT", origin, target: "/x", headers: {}, body: NO_BODY, ...more };
}

describe("exchange", () => {
  it("ends where the server is silent", async () => {
    const origin = await listening(createTcpServer(() => {}));
    expect(await exchange(request(origin), { limits: SHORT })).toMatchObject({ code: "ETIMEDOUT", retry: true });
  });

  it("ends where the server takes the beginning of a body only", async () => {
    const origin = await listening(createTcpServer((socket) => void socket.pause()));
    const body = memoryBody([Buffer.alloc(50_000_000)]);
    expect(await exchange(request(origin, { body }), { limits: SHORT })).toMatchObject({ code: "ETIMEDOUT" });
  });

  it("ends where the server sends a byte at a time for ever", async () => {
    const origin = await listening(
      createTcpServer((socket) => {
        socket.on("error", () => {});
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        const timer = setInterval(() => socket.write("x"), 10);
        socket.on("close", () => clearInterval(timer));
      }),
    );
    const limits = { ...LONG, wholeMs: 100 };
    expect(await exchange(request(origin), { limits })).toMatchObject({ problem: "not done after 0 s" });
  });

  it("returns an answer that comes before the body is sent", async () => {
    const origin = await listening(
      createServer((_, response) => {
        response.writeHead(403, { connection: "close" }).end("<Error><Code>AccessDenied</Code></Error>");
      }),
    );
    const body = memoryBody([Buffer.alloc(50_000_000)]);
    const answer = await exchange(request(origin, { body }), { limits: LONG });
    // The connection may be reset before the answer is read.
    if ("problem" in answer) expect(answer).toMatchObject({ retry: true, isUncertain: true });
    else expect(answer).toMatchObject({ status: 403 });
  });

  it("rejects where a body cannot be read, and ends at once when the run is stopped", async () => {
    const origin = await listening(createTcpServer(() => {}));
    const body = {
      bytes: 1,
      // biome-ignore lint/correctness/useYield: it fails before its first piece.
      *pieces(): Generator<Uint8Array> {
        throw new Error("the disk is broken");
      },
    };
    await expect(exchange(request(origin, { body }), { limits: LONG })).rejects.toThrow("the disk is broken");
    const stop = new AbortController();
    const going = exchange(request(origin), { limits: LONG, signal: stop.signal });
    stop.abort();
    expect(await going).toMatchObject({ code: "ABORTED", retry: false });
  });
});
