// `npm run bench`: times bulkget and its peers on equal lists against a server on this machine, and stores the results.

import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installed } from "../../support/network/servers.ts";
import type { Peer } from "../peers/peers.ts";
import { hold } from "./contest.ts";
import { type Options, readOptions, USAGE, UsageError } from "./options.ts";
import { keep, type Result, thisMachine } from "./results.ts";
import { nginxServer, ownServer, type RunningServer } from "./servers.ts";
import { section } from "./table.ts";
import type { Workload } from "./workloads.ts";

const MEMORY = "/dev/shm";
/** Required free space in bytes: the large files need 2 GiB, like the journal of five million lines. */
const ROOM_BYTES = 4 * 1024 ** 3;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

if (process.argv[2] === "internet") await import("../internet/internet.ts");
else process.exitCode = await main();

/** Returns the exit code: 0, 1 if a run of any peer failed, 2 for invalid options. */
async function main(): Promise<number> {
  const options = optionsOrWhyNot();
  if (typeof options === "number") return options;
  const stop = new AbortController();
  let stoppedBy: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    stoppedBy = signal;
    stop.abort(new Error(`stopped by ${signal}`));
  };
  // Only the first ^C is handled; a second one ends the process at once.
  for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    return (await bench(options, stop.signal)) ? 0 : 1;
  } catch (error) {
    if (stoppedBy === undefined) throw error;
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
    process.kill(process.pid, stoppedBy);
    return 1;
  }
}

function optionsOrWhyNot(): Options | number {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options !== "help") return options;
    console.log(USAGE);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`bench: ${error.message}`);
    return 2;
  }
}

/** Whether all runs succeeded. */
async function bench(options: Options, signal: AbortSignal): Promise<boolean> {
  const folder = mkdtempSync(join(roomyFolder(), "bulkget-bench-"));
  const servers = new Map<"tls" | "plain", RunningServer>();
  try {
    let allDone = true;
    for (const workload of options.workloads) {
      const peers = options.peers.filter((peer) => takesPart(peer, workload));
      if (peers.length === 0) {
        console.error(`${workload.name}: none of the chosen programs takes part`);
        continue;
      }
      const absent = workload.peers?.filter((name) => options.versions[name] === undefined) ?? [];
      if (absent.length > 0) console.error(`${workload.name}: not installed, and left out: ${absent.join(", ")}`);
      const kind = workload.tls ? "tls" : "plain";
      if (workload.tls && installed("nginx") === undefined) {
        console.error(`${workload.name}: left out, for nginx is not installed`);
        continue;
      }
      const server = servers.get(kind) ?? (await startServer(options, kind, folder));
      servers.set(kind, server);
      const result = await resultOf(workload, peers, options, server, folder, signal);
      console.log(`\n${section(result)}\n`);
      if (options.out !== undefined) console.error(`kept in ${keep(options.out, result)}`);
      allDone &&= result.entrants.every(({ rounds }) => rounds.every((round) => !("failed" in round)));
    }
    return allDone;
  } finally {
    for (const server of servers.values()) await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The work folder: in memory if it is large enough (a container's /dev/shm may have 64 MB). */
function roomyFolder(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize >= ROOM_BYTES) return MEMORY;
  console.error(
    `bench: ${MEMORY} has less than 4 GiB left; the files go to the temp folder, whose disk is then measured too`,
  );
  return tmpdir();
}

function startServer({ server, workloads }: Options, kind: "tls" | "plain", folder: string): Promise<RunningServer> {
  if (server === "own" && kind === "plain") return ownServer();
  const sizes = [...new Set(workloads.map(({ bytes }) => bytes))];
  return nginxServer(join(folder, `nginx-${kind}`), sizes, kind === "tls");
}

function takesPart(peer: Peer, { name, peers, manyHosts }: Workload): boolean {
  if (peer.workloads?.includes(name) === false) return false;
  const isMeant = peers === undefined ? !peer.invited : peers.includes(peer.name);
  return isMeant && (manyHosts === undefined || peer.resolvesLocalhost);
}

async function resultOf(
  workload: Workload,
  peers: readonly Peer[],
  { runs, versions }: Options,
  server: RunningServer,
  folder: string,
  signal: AbortSignal,
): Promise<Result> {
  const arena = join(folder, workload.name);
  mkdirSync(arena);
  const entrants = await hold({
    workload,
    peers,
    runs: workload.runs ?? runs,
    port: server.port,
    ...(server.cacert !== undefined && { cacert: server.cacert }),
    folder: arena,
    signal,
    say: (sentence) => console.error(sentence),
  });
  const { name, about, urls, bytes, concurrency } = workload;
  const shown = peers.map((peer) => [peer.name, versions[peer.name] ?? ""]);
  return {
    workload: name,
    about,
    urls,
    bytes,
    concurrency,
    server: server.name,
    time: new Date().toISOString(),
    machine: thisMachine(),
    versions: Object.fromEntries(shown),
    entrants,
  };
}
