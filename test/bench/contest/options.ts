// Parses and checks the options of `npm run bench -- …`.

import { parseArgs } from "node:util";
import { BULKGET, bulkgetIsBuilt, installedPeers, PEERS, type Peer } from "../peers/peers.ts";
import type { ServerName } from "./servers.ts";
import { WORKLOADS, type Workload, workloadsNamed } from "./workloads.ts";

export interface Options {
  readonly workloads: readonly Workload[];
  readonly peers: readonly Peer[];
  /** By the peer's name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly runs: number;
  readonly server: ServerName;
  /** Undefined with --quick and no --out, because a quick run must not replace a day's results. */
  readonly out?: string;
}

export const USAGE = `npm run bench -- [options]
  --only <name,name>    these workloads (default: all): ${WORKLOADS.map(({ name }) => name).join(" ")}
  --peers <name,name>   these programs (default: those installed): ${PEERS.map(({ name }) => name).join(" ")}
  --runs <n>            runs of each program after a warm-up (default: 5)
  --quick               1 run of fewer URLs, to see that it works; not kept unless --out is given
  --server own|nginx    what is downloaded from (default: own); nginx has neither latency nor large files
  --out <dir>           folder of the results (default: test/bench/results)
  --help
npm run bench -- internet --help    names, distance, TLS and faults as the internet has them`;

const DEFAULT_OUT = "test/bench/results";

/** Throws a UsageError for invalid options. */
export function readOptions(args: readonly string[]): Options | "help" {
  const { only, peers: wantedPeers, runs = "5", quick = false, server = "own", out, help } = parse(args);
  if (help) return "help";
  if (!/^[1-9]\d{0,3}$/.test(runs)) throw new UsageError(`--runs: not a number of runs: "${runs}"`);
  if (server !== "own" && server !== "nginx") throw new UsageError(`--server: own or nginx, not "${server}"`);
  const folder = out ?? (quick ? undefined : DEFAULT_OUT);
  return {
    workloads: chosenWorkloads(only, server).map((workload) =>
      quick ? { ...workload, urls: workload.quickUrls } : workload,
    ),
    ...chosenPeers(wantedPeers),
    runs: quick ? 1 : Number(runs),
    server,
    ...(folder !== undefined && { out: folder }),
  };
}

export class UsageError extends Error {}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = { only: text, peers: text, runs: text, quick: flag, server: text, out: text, help: flag };
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function chosenWorkloads(only: string | undefined, server: ServerName): readonly Workload[] {
  const named = only?.split(",").flatMap((name) => {
    const found = workloadsNamed(name);
    if (found === undefined) throw new UsageError(`--only: no workload "${name}"; --help lists them`);
    return found;
  });
  const chosen = named === undefined ? WORKLOADS : WORKLOADS.filter((workload) => named.includes(workload));
  const served = server === "nginx" ? chosen.filter(({ nginx }) => nginx) : chosen;
  if (served.length === 0) throw new UsageError("--server nginx: none of these workloads can be served by it");
  return served;
}

function chosenPeers(wanted: string | undefined): Pick<Options, "peers" | "versions"> {
  const names = wanted?.split(",");
  for (const name of names ?? []) {
    if (!PEERS.some((peer) => peer.name === name))
      throw new UsageError(`--peers: no peer "${name}"; --help lists them`);
  }
  if ((names?.some((name) => name.startsWith("bulkget")) ?? true) && !bulkgetIsBuilt()) {
    const shown = BULKGET.split("/").slice(-3).join("/");
    throw new UsageError(`${shown} is not there; run \`npm run build\` first, or choose other programs with --peers`);
  }
  const versions = installedPeers();
  const missing = names?.find((name) => !versions.has(name));
  if (missing !== undefined) throw new UsageError(`--peers: ${missing} is not installed, or does not tell its version`);
  const peers = PEERS.filter(({ name }) => (names === undefined ? versions.has(name) : names.includes(name)));
  return { peers, versions: Object.fromEntries(versions) };
}
