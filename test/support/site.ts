// A small server that records its requests, and the comparison of what runs leave in their folders.

import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Outcome } from "../../src/core/job.ts";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Site {
  readonly origin: string;
  /** Responses of paths; all other paths are answered with `pageOf`. */
  readonly answers: Map<string, Answer>;
  url(path: string): string;
  /** The requested paths since the last call, sorted. */
  asked(): string[];
  close(): Promise<void>;
}

/** The text of a path, with a length of its own. */
export function pageOf(path: string): Buffer {
  const seed = createHash("sha256").update(path).digest();
  return Buffer.alloc(10 + (seed.readUInt16BE(0) % 2000), `${path} ${seed.toString("hex")}\n`);
}

export async function site(): Promise<Site> {
  const answers = new Map<string, Answer>();
  let asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const answer = answers.get(path);
    if (answer === undefined) response.setHeader("content-type", "text/plain").end(pageOf(path));
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    answers,
    url: (path) => `${origin}${path}`,
    asked() {
      const paths = asked.sort();
      asked = [];
      return paths;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A response with this status and a negligible body. */
export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_, response) => void response.writeHead(code, headers).end(`${code}\n`);
}

/** A response with this body and these headers. */
export function body(content: string | Buffer, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_, response) => void response.writeHead(200, headers).end(content);
}

/** Keys of records that differ from run to run. */
export const OF_THE_MOMENT: readonly string[] = [
  "attempts",
  "retried_after",
  "wait_ms",
  "dns_ms",
  "connect_ms",
  "tls_ms",
  "ttfb_ms",
  "total_ms",
  "time",
];

export interface LeftBehind {
  /** All other files but runs.jsonl with their content, and the kind of what is no file; without the run's own mark `.bulkget/since`. */
  readonly files: Readonly<Record<string, string>>;
  /** The journal's records by number, with repetitions, without times and attempts. */
  readonly records: readonly Readonly<Partial<Outcome>>[];
  /** The lines of failed.txt, sorted. */
  readonly failed: readonly string[] | undefined;
}

/** What a run left in its folder, without times. */
export function leftIn(folder: string): LeftBehind {
  const files: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (["results.jsonl", "failed.txt", "runs.jsonl", ".bulkget/since"].includes(name)) continue;
    if (name === ".bulkget" && readdirSync(join(folder, name)).join() === "since") continue;
    const stats = lstatSync(join(folder, name));
    files[name] = stats.isFile() ? readFileSync(join(folder, name), "latin1") : stats.isDirectory() ? "folder" : "link";
  }
  return { files, records: journalOf(folder).map(lasting), failed: linesOf(join(folder, "failed.txt"))?.sort() };
}

/** Removes what is kept of lines that were removed from the list. */
export function withoutGone({ files, ...rest }: LeftBehind): LeftBehind {
  return { files: Object.fromEntries(Object.entries(files).filter(([name]) => !/^gone(\/|$)/.test(name))), ...rest };
}

/** The journal's records by number, with repetitions. */
export function journalOf(folder: string): Outcome[] {
  const lines = linesOf(join(folder, "results.jsonl")) ?? [];
  return lines.map((line) => JSON.parse(line) as Outcome).sort((a, b) => a.n - b.n);
}

function lasting(outcome: Outcome): Partial<Outcome> {
  return Object.fromEntries(Object.entries(outcome).filter(([key]) => !OF_THE_MOMENT.includes(key)));
}

function linesOf(path: string): string[] | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
}
