// The connection pool as the server sees it: exactly -c requests and connections at a time.

import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { BIN, cleanEnv, filesOf, recordsOf } from "../../support/command.ts";
import { linesOf, ownFolder, ownRudeServer } from "../../support/own.ts";

describe("the connection pool", () => {
  const server = ownRudeServer();
  const folder = ownFolder();
  const list = (jobs: number, path: (n: number) => string) =>
    linesOf(Array.from({ length: jobs }, (_, i) => server.url(path(i + 1))));

  it("opens no more than -c connections and requests, over 10,000 requests with random delays", async () => {
    const { code } = await folder.runProcess(["-", "-c", "20"], {
      stdin: list(10_000, (n) => `/slow?max=10&seed=${n}`),
    });
    expect(code).toBe(0);
    expect(recordsOf(folder.at("downloads")).size).toBe(10_000);
    expect(server.stats.requests).toBe(10_000);
    expect(server.stats.peakOpenRequests).toBe(20);
    expect(server.stats.peakConnections).toBe(20);
    expect(server.stats.connections).toBe(20);
  });

  it("keeps exactly -c requests open until the end of the list", async () => {
    // The server answers only when -c requests are open: with one fewer, the run would never end.
    const held: (() => void)[] = [];
    const gate = createServer((_, response) => {
      held.push(() => response.end("x"));
      if (held.length === 10) for (const release of held.splice(0)) release();
    });
    await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
    const { port } = gate.address() as { port: number };
    const stdin = Array.from({ length: 200 }, (_, i) => `http://127.0.0.1:${port}/${i}\n`).join("");
    const { code } = await folder.runProcess(["-", "-c", "10", "--timeout", "10s"], { stdin });
    expect(code).toBe(0);
    gate.close();
  });

  it.each([
    ["4", 12],
    ["auto", 16],
  ])("with -c %s keeps connections to more hosts than there are slots, and reopens none", async (slots, many) => {
    const hosts = Array.from({ length: many }, (_, i) => `host${i}.test:${new URL(server.origin).port}`);
    const urls = Array.from({ length: 10 * many }, (_, i) => `http://${hosts[i % many]}/ok?seed=${i}`);
    const resolve = hosts.flatMap((host) => ["--resolve", `${host}:127.0.0.1`]);
    const { code } = await folder.runProcess(["-", "-c", slots, ...resolve], { stdin: linesOf(urls) });
    expect(code).toBe(0);
    if (slots === "4") expect(server.stats.peakOpenRequests).toBeLessThanOrEqual(4);
    expect(server.stats.connections).toBe(many);
  });

  it("closes a connection at once where no other line of its host waits", async () => {
    // Of 12 lines, with -c 1, at most 4 connections stay open; when the eighth begins, four more wait.
    const open = new Set<Socket>();
    let openAtEighth = 0;
    const counting = createServer((request, response) => {
      if (request.url === "/8") openAtEighth = open.size;
      response.end("x");
    });
    counting.on("connection", (socket) => {
      open.add(socket);
      socket.on("close", () => open.delete(socket));
    });
    await new Promise<void>((resolve) => counting.listen(0, "127.0.0.1", resolve));
    const { port } = counting.address() as { port: number };
    const hosts = Array.from({ length: 12 }, (_, i) => `host${i + 1}.test:${port}`);
    const resolve = hosts.flatMap((host) => ["--resolve", `${host}:127.0.0.1`]);
    const stdin = linesOf(hosts.map((host, i) => `http://${host}/${i + 1}`));
    const { code } = await folder.runProcess(["-", "-c", "1", ...resolve], { stdin });
    counting.close();
    expect(code).toBe(0);
    expect(openAtEighth).toBeGreaterThan(0);
    expect(openAtEighth).toBeLessThan(4);
  });

  it("follows a redirect within a host on the same connection, also for the last line of the host", async () => {
    const { port } = new URL(server.origin);
    const hosts = Array.from({ length: 12 }, (_, i) => `host${i}.test:${port}`);
    const resolve = hosts.flatMap((host) => ["--resolve", `${host}:127.0.0.1`]);
    const stdin = linesOf(hosts.map((host) => `http://${host}/redirect/302?to=/ok`));
    const { code } = await folder.runProcess(["-", "-c", "1", ...resolve], { stdin });
    expect(code).toBe(0);
    expect(server.stats.requests).toBe(24);
    expect(server.stats.connections).toBe(12);
  });

  it("sends requests while standard input is still open", async () => {
    const child = spawn(process.execPath, [BIN, "-", "-q"], { cwd: folder.path, env: cleanEnv() });
    const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
    for (let n = 1; n <= 3; n++) {
      child.stdin.write(`${server.url(`/ok?seed=${n}`)}\n`);
      await expect.poll(() => server.stats.requests, { timeout: 10_000 }).toBe(n);
    }
    child.stdin.end();
    expect(await closed).toBe(0);
    expect(filesOf(folder.at("downloads"))).toEqual(["000001", "000002", "000003"]);
  });

  it("does not count the time in the queue towards the timeouts", async () => {
    const limits = ["--timeout", "1s", "--connect-timeout", "1s", "--max-time", "2s"];
    const { code } = await folder.runProcess(["-", "-c", "1", ...limits], { stdin: list(12, () => "/ok?delay=300") });
    expect(code).toBe(0);
  });

  it("numbers lines across several lists, and reports failures by list and line", async () => {
    const { writeFileSync } = await import("node:fs");
    writeFileSync(folder.at("a.txt"), `# first\n${server.url("/ok?seed=2")}\n\n`);
    writeFileSync(folder.at("b.txt"), `${server.url("/ok?seed=4")}\n${server.url("/status/404")}`);
    const { code, stderr } = await folder.runProcess(["a.txt", "b.txt"]);
    expect(code).toBe(1);
    const records = recordsOf(folder.at("downloads"));
    expect([...records.keys()].sort()).toEqual([2, 4, 5]);
    expect(records.get(4)).toMatchObject({ list: "b.txt", line: 1 });
    expect(stderr).toContain("b.txt:2: 404 Not Found");
  });
});
