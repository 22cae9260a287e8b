// The compared programs: their commands and forms of lists. Each writes one file per URL, or archives.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "../measure.ts";
import { PYTHON_PEERS } from "./python.ts";

export interface Task {
  readonly urls: number;
  readonly concurrency: number;
  /** The path of the list in the peer's own form; - for stdin, only for bulkget. */
  readonly list: string;
  /** The path of the empty folder for the downloads. */
  readonly out: string;
  /** The path of the authority's certificate, for https URLs. */
  readonly cacert?: string;
  /** Whether all requests use HTTP/2. */
  readonly http2?: true;
}

export interface Peer {
  readonly name: string;
  /** The command that prints the version; fails if the program is not installed. */
  readonly version: readonly [string, ...string[]];
  /** Whether it resolves *.localhost to loopback without a name server. */
  readonly resolvesLocalhost: boolean;
  /** Whether it runs only in workloads that name it. */
  readonly invited?: true;
  /** Limits the peer to these workloads. */
  readonly workloads?: readonly string[];
  /** Whether it writes archives, with its records beside them. */
  readonly archives?: true;
  line(url: string, n: number): string;
  command(task: Task): Command;
}

export const BULKGET = fileURLToPath(new URL("../../../bin/bulkget.cjs", import.meta.url));

const justTheUrl = (url: string) => `${url}\n`;

const words = (line: string): readonly string[] => line.split(" ");

/**
 * The fairest number of URLs per process of curl under xargs: up to 20, so that connections are reused and few processes
 * are started, but not so many that some of the -P processes are idle.
 */
function urlsACurl(urls: number, concurrency: number): number {
  return Math.min(20, Math.max(1, Math.floor(urls / concurrency)));
}

function ours(name: string, ...options: readonly string[]): Peer {
  return {
    name,
    version: [process.execPath, BULKGET, "--version"],
    resolvesLocalhost: true,
    line: justTheUrl,
    command: ({ list, concurrency, out, cacert, http2 }) => ({
      argv: [
        ...[process.execPath, BULKGET, list, "-c", `${concurrency}`, "-o", out, "-q", ...options],
        ...(cacert === undefined ? [] : ["--cacert", cacert]),
        ...(http2 === undefined ? [] : ["--http2"]),
      ],
      cwd: out,
    }),
  };
}

const MANY_SMALL = ["small-20k", "small-200k"];

export const PEERS: readonly Peer[] = [
  ours("bulkget"),
  { ...ours("bulkget-w1", "--workers", "1"), workloads: MANY_SMALL },
  { ...ours("bulkget-w2", "--workers", "2"), workloads: MANY_SMALL },
  { ...ours("bulkget-tar", "--format", "tar"), archives: true, invited: true },
  { ...ours("bulkget-warc", "--format", "warc"), archives: true, invited: true },
  {
    name: "curl",
    version: ["curl", "--version"],
    resolvesLocalhost: true,
    line: (url, n) => `url=${url}\noutput=${String(n).padStart(6, "0")}\n`,
    // Older curls stop at --parallel-max 300 (curl#18068), and show the progress meter of -Z in spite of -s. -q: no ~/.curlrc.
    // With --parallel-immediate, HTTP/2 would open connections instead of sharing one.
    command: ({ list, concurrency, out, cacert, http2 }) => ({
      argv: [
        ...words(`curl -q --no-progress-meter -Z --parallel-max ${concurrency}`),
        http2 === undefined ? "--parallel-immediate" : "--http2",
        ...(cacert === undefined ? [] : ["--cacert", cacert]),
        ...(cacert === undefined || http2 ? [] : ["--http1.1"]),
        ...["-K", list],
      ],
      cwd: out,
    }),
  },
  {
    name: "aria2c",
    version: ["aria2c", "--version"],
    resolvesLocalhost: false,
    line: justTheUrl,
    // By default, it allocates each file first, so that a large one is written twice.
    command: ({ list, concurrency, out }) => ({
      argv: [...words(`aria2c --no-conf --quiet --file-allocation=none -x1 -s1 -j ${concurrency} -d`), out, "-i", list],
      cwd: out,
    }),
  },
  {
    name: "wget2",
    version: ["wget2", "--version"],
    resolvesLocalhost: false,
    line: justTheUrl,
    command: ({ list, concurrency, out }) => ({
      argv: [...words(`wget2 --no-config --no-hsts -q --max-threads ${concurrency} -P`), out, "--input-file", list],
      cwd: out,
    }),
  },
  {
    name: "xargs",
    version: ["xargs", "--version"],
    resolvesLocalhost: true,
    line: justTheUrl,
    command: ({ list, urls, concurrency, out }) => ({
      argv: words(`xargs -P ${concurrency} -n ${urlsACurl(urls, concurrency)} curl -q -s --remote-name-all`),
      cwd: out,
      stdin: list,
    }),
  },
  ...PYTHON_PEERS,
];

/** The versions of the installed peers, by name. */
export function installedPeers(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { name, version } of PEERS) {
    const number = versionFrom(version);
    if (number !== undefined) found.set(name, number);
  }
  return found;
}

export function bulkgetIsBuilt(): boolean {
  return existsSync(BULKGET);
}

function versionFrom([program, ...args]: readonly [string, ...string[]]): string | undefined {
  try {
    const said = execFileSync(program, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 10_000,
    });
    return /\d+(?:\.\d+)+/.exec(said)?.[0] ?? "of unknown version";
  } catch {
    return undefined;
  }
}
