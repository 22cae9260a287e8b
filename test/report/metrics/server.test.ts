// The server of metrics answers GET and HEAD, and is bounded whatever connects to it.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { serveMetrics } from "../../../src/report/metrics/server.ts";
import { own } from "../../support/own.ts";

const TEXT = "up 1\n";
const PATIENT = { timeout: 20_000 };

const served = async (timeoutMs?: number, host = "127.0.0.1") =>
  own(await serveMetrics(host, 0, () => TEXT, timeoutMs));

/** Connects to a server; `closed` is whether it has closed the connection, `got` what it sent. */
function client(url: string, text = "") {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect({ host: hostname, port: Number(port) });
  const state = { socket, isClosed: false, got: "", close: () => void socket.destroy() };
  socket.on("error", () => {});
  socket.on("close", () => {
    state.isClosed = true;
  });
  socket.setEncoding("latin1").on("data", (data: string) => {
    state.got += data;
  });
  if (text !== "") socket.write(text);
  return own(state);
}

describe("the server of metrics", () => {
  it.each([
    ["GET", "/metrics", 200, TEXT],
    ["GET", "/metrics?x=1", 200, TEXT],
    ["HEAD", "/metrics", 200, ""],
    ["GET", "/", 200, "The metrics of a run of bulkget are at /metrics\n"],
    ["GET", "/other", 404, ""],
    ["POST", "/metrics", 405, ""],
    ["DELETE", "/", 405, ""],
    ["OPTIONS", "/x", 405, ""],
  ])("answers %s %s with %d", async (method, path, status, text) => {
    const { url } = await served();
    const answer = await fetch(new URL(path, url), { method });
    expect([answer.status, await answer.text()]).toEqual([status, text]);
    if (path.startsWith("/metrics") && status === 200) {
      expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
      expect(answer.headers.get("content-length")).toBe(String(TEXT.length));
    }
    if (status === 405) expect(answer.headers.get("allow")).toBe("GET, HEAD");
  });

  it("does not read the body of a refused request", async () => {
    const { url } = await served();
    const post = client(
      url,
      `POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n${"x".repeat(1000)}`,
    );
    await expect.poll(() => post.isClosed, PATIENT).toBe(true);
    expect(post.got).toMatch(/^HTTP\/1\.1 405 /);
  });

  it.each([
    ["sends nothing", ""],
    ["sends half a request", "GET /metrics HTTP/1.1\r\nHost"],
    ["asks once and stays", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["sends a part of a body", "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nx"],
  ])("closes a connection that %s, after its time", async (_, text) => {
    const { url } = await served(300);
    const one = client(url, text);
    await expect.poll(() => one.isClosed, PATIENT).toBe(true);
  });

  it("closes a connection whose request comes byte by byte, after its time", async () => {
    const { url } = await served(300);
    const one = client(url);
    const timer = setInterval(() => one.socket.write("x"), 50);
    own({ close: () => clearInterval(timer) });
    one.socket.write("GET /metrics HTTP/1.1\r\nX: ");
    await expect.poll(() => one.isClosed, PATIENT).toBe(true);
  });

  it("answers requests on one connection one after the other, and closes it after HTTP/1.0, close or a body", async () => {
    const { url } = await served();
    const get = (more = "", version = "1.1") => `GET /metrics HTTP/${version}\r\nHost: x\r\n${more}\r\n`;
    const lasts = [
      get("", "1.0"),
      get("Connection: close\r\n"),
      get("Content-Length: 5\r\n"),
      get("Transfer-Encoding: chunked\r\n"),
      "BREW\r\n\r\n",
    ];
    for (const last of lasts) {
      const one = client(url, get() + get().slice(0, 9));
      await expect.poll(() => one.got, PATIENT).toContain(TEXT);
      one.socket.write(get().slice(9) + last + get());
      await expect.poll(() => one.isClosed, PATIENT).toBe(true);
      expect([last, one.got.match(/^HTTP\/1\.1 [24]/gm)?.length]).toEqual([last, 3]);
    }
  });

  it("answers the first request at once, and later ones at most four times a second on each connection", async () => {
    let made = 0;
    const text = () => `up ${++made}\n`;
    const { url } = own(await serveMetrics("127.0.0.1", 0, text));
    const beganMs = performance.now();
    const all = Array.from({ length: 3 }, () => client(url, "GET /metrics HTTP/1.1\r\n\r\n".repeat(4)));
    const answers = () => all.map(({ got }) => got.match(/HTTP\/1\.1 200/g)?.length ?? 0);
    await expect.poll(() => Math.min(...answers()), { ...PATIENT, interval: 5 }).toBe(4);
    expect(performance.now() - beganMs).toBeGreaterThan(3 * 250 - 20); // a timer may fire a little early
    expect(made).toBeGreaterThanOrEqual(4);
    expect(made).toBeLessThan(3 * 4);
    expect(answers()).toEqual([4, 4, 4]);
  });

  it("sends no more to a client that does not read, and closes its connection", async () => {
    const large = "x".repeat(4_000_000);
    const { url } = own(await serveMetrics("127.0.0.1", 0, () => large));
    const one = client(url);
    one.socket.pause();
    one.socket.write("GET /metrics HTTP/1.1\r\n\r\n".repeat(50));
    await expect.poll(() => fetch(url).then(({ status }) => status), PATIENT).toBe(200); // the others are read by now
    one.socket.resume();
    await expect.poll(() => one.isClosed, PATIENT).toBe(true);
    expect(one.got.match(/HTTP\/1\.1 200/g)?.length).toBeLessThan(10);
  });

  it("refuses a header block of over 8 KiB", async () => {
    const { url } = await served();
    const one = client(url, `GET /metrics HTTP/1.1\r\nX: ${"x".repeat(100_000)}`);
    await expect.poll(() => one.isClosed, PATIENT).toBe(true);
    expect(one.got).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("has at most 16 connections, and answers again when they are gone", async () => {
    const { url } = await served();
    const all = Array.from({ length: 40 }, () => client(url));
    await expect.poll(() => all.filter(({ isClosed }) => isClosed).length, PATIENT).toBe(24);
    for (const one of all) one.close();
    await expect
      .poll(
        () =>
          fetch(url).then(
            ({ status }) => status,
            () => 0,
          ),
        PATIENT,
      )
      .toBe(200);
  });

  it("rejects where the port is in use", async () => {
    const other = createServer();
    own({ close: () => void other.close() });
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await expect(serveMetrics("127.0.0.1", port, () => TEXT)).rejects.toThrow("EADDRINUSE");
  });

  const hasV6 = Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.address === "::1");
  if (!hasV6) console.warn("SKIPPED: this machine has no ::1");
  it.skipIf(!hasV6)("listens on IPv6, and its URL has brackets", async () => {
    const { url } = await served(undefined, "::1");
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+\/metrics$/);
    expect(await (await fetch(url)).text()).toBe(TEXT);
  });

  it("closes open connections when it is closed", async () => {
    const server = await serveMetrics("127.0.0.1", 0, () => TEXT);
    const one = client(server.url, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(() => one.got, PATIENT).toContain(TEXT);
    server.close();
    await expect.poll(() => one.isClosed, PATIENT).toBe(true);
  });
});
