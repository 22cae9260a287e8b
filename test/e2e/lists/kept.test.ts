// Memory per waiting line, host and retry is bounded, whatever servers send and lists contain.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { BIN, cleanEnv, recordsOf } from "../../support/command.ts";
import { own, ownFolder } from "../../support/own.ts";
import { inLittleMemory } from "../../support/servers/hostile.ts";

const folder = ownFolder();
const LIMIT_MIB = 250;
const LONG = 60_000;
/** Less than the 90 MB of all long lines or headers of a test: V8 ends a run that keeps them. */
const OLD_SPACE_MIB = 64;

/** A server that answers every request with the same bytes. */
async function answering(answer: string): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let rest = "";
    socket.setEncoding("latin1").on("data", (text: string) => {
      const heads = `${rest}${text}`.split("\r\n\r\n");
      rest = (heads.pop() ?? "").slice(-3);
      for (const _ of heads) socket.write(answer);
    });
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  own({
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : expect.unreachable();
}

/** Runs the command, with 64 MiB for what it keeps, on lines that are written to it with backpressure. Returns its peak memory in MiB. */
async function peakOf(lines: Iterable<string>, args: readonly string[]): Promise<number> {
  const { env, peakMib } = inLittleMemory(folder.path, OLD_SPACE_MIB);
  const child = spawn(process.execPath, [BIN, "-", "-q", ...args], {
    cwd: folder.path,
    env: cleanEnv(env),
    stdio: ["pipe", "ignore", "inherit"],
  });
  const closed = once(child, "close");
  child.stdin.on("error", () => {}); // the command may end before it has read everything
  for (const line of lines) {
    if (!child.stdin.write(`${line}\n`)) await Promise.race([once(child.stdin, "drain"), closed]);
    if (child.exitCode !== null) break;
  }
  child.stdin.end();
  await closed;
  expect(child.signalCode).toBeNull();
  return peakMib();
}

function* padded(origin: string, lines: number): Generator<string> {
  for (let i = 0; i < lines; i++) yield `${origin}/${i}?${"x".repeat(LONG)}`;
}

describe.runIf(process.platform === "linux")("memory stays below 250 MiB", () => {
  it("for 1,500 lines that wait for a retry after a header of 60 KB", async () => {
    const LINES = 1500;
    const origin = await answering(`HTTP/1.1 200 OK\r\nTransfer-Encoding: ${"x".repeat(LONG)}\r\n\r\n`);
    const lines = Array.from({ length: LINES }, (_, i) => `${origin}/${i}`);
    expect(await peakOf(lines, ["--retries", "1", "--fail-on", "never"])).toBeLessThan(LIMIT_MIB);
    const { size } = recordsOf(folder.at("downloads"));
    expect(size).toBe(LINES);
  });

  it("for 1,500 lines of 60 KB that a resumed run has to fetch", async () => {
    const LINES = 1500;
    const origin = await answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    await peakOf([`${origin}/first`], []);
    const path = folder.list([`${origin}/first`]);
    for (const line of padded(origin, LINES)) appendFileSync(path, `${line}\n`);
    const { env, peakMib } = inLittleMemory(folder.path, OLD_SPACE_MIB);
    const { code, stderr } = await folder.run(["urls.txt", "-o", "downloads"], { env });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("1 saved earlier, 1,500 to do");
    expect(peakMib()).toBeLessThan(LIMIT_MIB);
  });

  it("for 100,000 records whose progress nobody reads and whose report is read slowly", async () => {
    const LINES = 100_000;
    const { env, peakMib } = inLittleMemory(folder.path, OLD_SPACE_MIB);
    const lines = Array.from({ length: LINES }, (_, i) => `ftp://h/${i}/${"x".repeat(200)}`);
    folder.list(["http://127.0.0.1:1/", ...lines]);
    const args = [BIN, "urls.txt", "-v", "--report", "-", "--retries", "0", "--fail-on", "never"];
    const child = spawn(process.execPath, args, {
      cwd: folder.path,
      env: cleanEnv(env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const closed = once(child, "exit");
    let bytes = 0;
    let reads = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (++reads > 100) return;
      child.stdout.pause();
      setTimeout(() => child.stdout.resume(), 10);
    });
    await closed;
    child.stderr.destroy();
    expect(bytes).toBeGreaterThan(LINES * 200);
    expect(peakMib()).toBeLessThan(LIMIT_MIB);
    expect(recordsOf(folder.at("downloads")).size).toBe(LINES + 1);
  });

  it("for 1,500 URLs of 60 KB with --dedupe", async () => {
    const LINES = 1500;
    const origin = await answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect(await peakOf(padded(origin, LINES), ["--dedupe"])).toBeLessThan(LIMIT_MIB);
  });
});
