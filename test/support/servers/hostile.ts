// The hostile lists of fixtures/hostile with their expected records, an echoing proxy, and the measurement of peak memory.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Outcome } from "../../../src/core/job.ts";
import { ROOT } from "../command.ts";

const CORPUS = join(ROOT, "fixtures/hostile");

/** The expected record of a line, and the expected request. */
export interface Expected {
  readonly n: number;
  readonly url: string;
  readonly outcome: Outcome["outcome"];
  /** The request's target in absolute form, its Host header, and its credentials where it has any. */
  readonly sent?: string;
  readonly host?: string;
  readonly authorization?: string;
  /** Further keys of the record. */
  readonly [key: string]: unknown;
}

export interface HostileList {
  readonly name: string;
  readonly path: string;
  readonly records: readonly Expected[];
}

/** The lists of fixtures/hostile, each with its expected records in the order of the lines. */
export function hostileLists(): HostileList[] {
  const names = readdirSync(CORPUS).flatMap((file) => /^(.*)\.jsonl$/.exec(file)?.[1] ?? []);
  return names.sort().map((name) => {
    const lines = readFileSync(join(CORPUS, `${name}.jsonl`), "utf8").split("\n");
    const records = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Expected);
    return { name, path: join(CORPUS, `${name}.txt`), records };
  });
}

/** The body of the proxy's response. */
export function echoOf({ sent, host, authorization }: Pick<Expected, "sent" | "host" | "authorization">): string {
  return `GET ${sent}\nhost: ${host}\n${authorization === undefined ? "" : `authorization: ${authorization}\n`}`;
}

export interface EchoProxy {
  readonly origin: string;
  readonly port: number;
  /** Makes requests wait for `go`. Resolves when this number of requests waits. */
  hold(count: number): Promise<void>;
  go(): void;
  close(): Promise<void>;
}

/** Accepts URLs of 512 KiB, as percent-encoding makes them; refuses CONNECT, so that no https request leaves the machine. */
export async function echoProxy(): Promise<EchoProxy> {
  let held: { readonly answers: (() => void)[]; readonly count: number; readonly reached: () => void } | undefined;
  const server = createServer({ maxHeaderSize: 524_288 }, ({ method, url, headers, rawHeaders }, response) => {
    const hosts = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === "host");
    const { authorization } = headers;
    const credentials = authorization === undefined ? "" : `authorization: ${authorization}\n`;
    const answer = () => void response.end(`${method} ${url}\nhost: ${hosts.join(", ")}\n${credentials}`);
    if (held === undefined) return answer();
    held.answers.push(answer);
    if (held.answers.length === held.count) held.reached();
  });
  server.on("connect", (_, socket) => void socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    hold(count) {
      return new Promise((reached) => {
        held = { answers: [], count, reached };
      });
    },
    go() {
      const answers = held?.answers ?? [];
      held = undefined;
      for (const answer of answers) answer();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An environment in which the command writes its peak memory (Linux's VmHWM) to a file in `folder` at its end. */
export function peakMemory(folder: string) {
  const [hook, said] = [join(folder, "peak.cjs"), join(folder, "peak.txt")];
  const save = `fs.writeFileSync(${JSON.stringify(said)}, fs.readFileSync("/proc/self/status", "utf8"))`;
  writeFileSync(hook, `const fs = require("node:fs"); process.on("exit", () => ${save});\n`);
  return {
    env: { NODE_OPTIONS: `--require=${hook}` },
    peakMib: () => Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(said, "utf8"))?.[1]) / 1024,
  };
}

/** Also limits V8's old generation: what a run keeps must not grow with what servers send. */
export function inLittleMemory(folder: string, oldSpaceMib = 100) {
  const { env, peakMib } = peakMemory(folder);
  return { env: { NODE_OPTIONS: `${env.NODE_OPTIONS} --max-old-space-size=${oldSpaceMib}` }, peakMib };
}
