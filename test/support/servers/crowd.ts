// A server for runs with several processes: answers after 5 ms, and counts requests, connections and peaks.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Crowd {
  readonly origin: string;
  readonly port: number;
  readonly requests: number;
  /** Number of connections since the start. */
  readonly connections: number;
  readonly peakOpen: number;
  close(): Promise<void>;
}

/** The body of a path: 1 to 2,000 bytes. */
export function contentOf(path: string): Buffer {
  const seed = createHash("sha256").update(path).digest();
  return Buffer.alloc(1 + (seed.readUInt16BE(0) % 2000), seed);
}

/** Starts the server. `act` answers itself and returns true, or returns false; `nth` counts the earlier requests. */
export async function crowd(act: (response: ServerResponse, path: string, nth: number) => boolean): Promise<Crowd> {
  let requests = 0;
  let connections = 0;
  let open = 0;
  let peakOpen = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    open++;
    peakOpen = Math.max(peakOpen, open);
    response.once("finish", () => open--);
    response.setHeader("content-type", "application/octet-stream");
    if (!act(response, path, requests++)) setTimeout(() => response.end(contentOf(path)), 5);
  });
  server.on("connection", () => connections++);
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    get requests() {
      return requests;
    },
    get connections() {
      return connections;
    },
    get peakOpen() {
      return peakOpen;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The living child processes of a process, from Linux's /proc. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Whether a process runs, and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
