// A server for runs of several processes: each answer comes by and by, and it knows how many connections there were.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Crowd {
  readonly origin: string;
  readonly port: number;
  readonly requests: number;
  /** Over the whole time. */
  readonly connections: number;
  readonly peakOpen: number;
  close(): Promise<void>;
}

/** Bodies of 1 to 2,000 bytes, each its path's own. */
export function contentOf(path: string): Buffer {
  const seed = createHash("sha256").update(path).digest();
  return Buffer.alloc(1 + (seed.readUInt16BE(0) % 2000), seed);
}

/** `act` may answer by itself; where it gives false, the path's content comes after 5 ms. Told how many requests came before. */
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

/** The processes that a process has started and that are there, by Linux. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Whether a process is there, and not only waited for. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
