// Measures the cost of one URL in system calls, promises and allocated bytes, as the difference of two runs.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { BIN, cleanEnv, type Ran, ROOT, temporaryFolder } from "../command.ts";

/** The folder of a memory file system, if the system has one. */
const MEMORY = "/dev/shm";

/** The file with the baselines: the cost per URL, by name. */
export const BASELINES = "fixtures/costs.json";
/** The command that renews it. */
export const RENEW = "RENEW=1 npx vitest run test/e2e/package/cost.test.ts";

/** Numbers of URLs of the two runs: the costs of the start are in both, and cancel out. */
const SHORT = 2000;
const LONG = 12_000;

const BODY_BYTES = 100;
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${BODY_BYTES}\r\n\r\n${"x".repeat(BODY_BYTES)}`;

/** A method to count the cost of a run. */
export interface Meter {
  /** Arguments before `node`; `file` is for the output of that program. */
  before?(file: string): readonly string[];
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Reads the counts by name from the output of the run and from the file. */
  read(ran: Ran, file: string): Counts;
}

export type Counts = ReadonlyMap<string, number>;

const COUNT = join(ROOT, "dist/test/support/process/count.js");

/** System calls whose number depends on the load of the machine: waits, locks, and memory management of V8's threads. */
const OF_THE_MOMENT =
  /^(futex|epoll_.*|e?poll|sched_.*|m(un)?map|mremap|mprotect|madvise|brk|rt_sig.*|restart_syscall|clock_.*|getpid)$/;

/** System calls of all threads, by strace. */
export const SYSTEM_CALLS: Meter = {
  before: (file) => ["strace", "-f", "-c", "-o", file],
  nodeArgs: [],
  env: {},
  read(_, file) {
    const rows = readFileSync(file, "utf8").matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$/gm);
    const counts = [...rows].map(([, calls, name = ""]) => [name, Number(calls)] as const);
    return new Map(counts.filter(([name]) => name !== "total" && !OF_THE_MOMENT.test(name)));
  },
};

/** Promises created, including awaits, by async_hooks. */
export const PROMISES: Meter = {
  nodeArgs: ["--import", COUNT],
  env: { COUNT: "promises" },
  read: ({ stderr }) => new Map([["promises", Number(/^promises (\d+)$/m.exec(stderr)?.[1])]]),
};

/** Bytes allocated on V8's heap, from its trace of garbage collections, whose format changed after Node 25. */
export const HEAP_BYTES: Meter = {
  nodeArgs: ["--trace-gc-nvp", "--expose-gc", "--import", COUNT],
  env: {},
  read({ stdout }) {
    const collections = [...stdout.matchAll(/\ballocated(?:=|":)(\d+)/g)];
    // Where more was swept than allocated, Node 22 prints the negative number as an unsigned 64-bit one.
    const bytesOf = (text: string) => Number(BigInt.asIntN(64, BigInt(text)));
    return new Map([["bytes", collections.reduce((sum, [, text = ""]) => sum + bytesOf(text), 0)]]);
  },
};

/** Whether strace is installed and allowed to trace. */
export function canTrace(): boolean {
  return spawnSync("strace", ["-f", "-c", "-o", "/dev/null", "true"]).status === 0;
}

/** The cost per URL of 100 bytes, by name, without names that cost nothing. */
export async function costPerUrl(meter: Meter): Promise<Counts> {
  const server = await countedServer();
  try {
    const short = await counted(meter, server.port, SHORT);
    const long = await counted(meter, server.port, LONG);
    const each = [...long].map(([name, count]) => [name, (count - (short.get(name) ?? 0)) / (LONG - SHORT)] as const);
    return new Map(each.filter(([, cost]) => Math.abs(cost) >= 0.001));
  } finally {
    await server.close();
  }
}

async function counted(meter: Meter, port: number, urls: number): Promise<Counts> {
  // In memory if possible: on a slow disk, the command uses other system calls.
  const folder = temporaryFolder(existsSync(MEMORY) ? MEMORY : undefined);
  try {
    const list = join(folder.path, "urls.txt");
    const lines = Array.from(
      { length: urls },
      (_, i) => `http://127.0.0.1:${port}/${String(i + 1).padStart(6, "0")}\n`,
    );
    writeFileSync(list, lines.join(""));
    const file = join(folder.path, "counts");
    const argv = [...(meter.before?.(file) ?? []), process.execPath, ...meter.nodeArgs, BIN];
    const ran = await run(
      [...argv, list, "-o", join(folder.path, "out"), "-q", "-c", "50", "--workers", "1"],
      meter.env,
    );
    if (ran.code !== 0) throw new Error(`the counted run exited with code ${ran.code}: ${ran.stderr}`);
    return meter.read(ran, file);
  } finally {
    folder.remove();
  }
}

function run([program = "", ...args]: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: cleanEnv({ NODE_OPTIONS: "", ...env }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Answers every request with one write, so that the client needs one read. */
async function countedServer(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((socket) => {
    let rest = "";
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.setEncoding("latin1").on("data", (text: string) => {
      const requests = (rest + text).split("\r\n\r\n");
      rest = requests.pop() ?? "";
      for (const _ of requests) socket.write(ANSWER);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Differences per URL below this belong to the run or to a batch of lines, and are ignored. */
const NOISE = 0.1;

/** Compares a cost with its baseline: `tooMuch` is a failure, `less` a hint. */
export function compared(name: string, cost: number, baseline: number): { tooMuch?: string; less?: string } {
  const beside = `${name} a URL: ${shown(cost)}, and ${shown(baseline)} in ${BASELINES}`;
  if (cost > Math.max(baseline * 1.1, baseline + NOISE)) {
    return { tooMuch: `${beside}: over 10 % more. If that is worth it, the commit says so and renews it: ${RENEW}` };
  }
  return cost < Math.min(baseline * 0.9, baseline - NOISE)
    ? { less: `${beside}: over 10 % less. Keep it so: ${RENEW}` }
    : {};
}

/** Formats a cost, with two decimals below 1,000. */
export function shown(cost: number): string {
  return cost >= 1000 ? cost.toFixed(0) : cost.toFixed(2);
}
