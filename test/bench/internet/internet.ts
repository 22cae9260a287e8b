// `npm run bench -- internet`: bulkget and its peers on a realistic list in a network namespace (Linux, unshare, ip, openssl).

import { type ChildProcess, execFileSync, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { allSilentAt } from "../../support/servers/silent.ts";
import { measure } from "../measure.ts";
import { bodies } from "./bodies.ts";
import { makeCertificates } from "./certificates.ts";
import { byAnswer, check } from "./check.ts";
import { CONTENDERS, type Contender, versionOf, writeLists } from "./contenders.ts";
import { type Distribution, readDistribution } from "./distribution.ts";
import { makePlan, type Plan } from "./plan.ts";
import type { Settings } from "./settings.ts";
import { type Round, table } from "./table.ts";

const USAGE = `npm run bench -- internet [options]
  --urls <n>             so many URLs, and names in proportion (default: the distribution's)
  --runs <n>             runs of each program (default: 3)
  --seed <n>             another seed is another internet (default: 1)
  --distribution <file>  in the place of test/bench/internet/distribution.json
  --only <name,name>     these programs: ${CONTENDERS.map(({ name }) => name.split(",")[0]).join(" ")}
  --keep <folder>        bulkget's results.jsonl of each run`;

const HERE = fileURLToPath(import.meta.url);
const MOST_SECONDS = 1800;

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    ...{ urls: text, distribution: text, only: text, keep: text },
    runs: { ...text, default: "3" },
    seed: { ...text, default: "1" },
    ...{ inside: { type: "boolean" }, help: { type: "boolean" } },
  },
  args: process.argv.slice(2).filter((arg) => arg !== "internet"),
});
if (values.help === true) console.log(USAGE);
else if (values.inside === true) await inside();
else process.exitCode = outside();

/** Runs this program again in new network and mount namespaces. */
function outside(): number {
  const unshare = process.getuid?.() === 0 ? ["-nm"] : ["-rnm"];
  const args = [...unshare, process.execPath, HERE, "--inside", ...process.argv.slice(2)];
  const { status, error } = spawnSync("unshare", args, { stdio: "inherit" });
  if (error !== undefined) console.error(`internet: it needs unshare (util-linux) and ip (iproute2): ${error.message}`);
  return status ?? 1;
}

async function inside(): Promise<void> {
  const distribution = readDistribution(
    values.distribution,
    values.urls === undefined ? undefined : Number(values.urls),
  );
  const seed = Number(values.seed);
  const folder = mkdtempSync("/dev/shm/bulkget-internet-");
  const children: ChildProcess[] = [];
  let holes: Awaited<ReturnType<typeof allSilentAt>> | undefined;
  try {
    setUpNames(folder, distribution.limits.resolverTimeoutS);
    const plan = makePlan(distribution, seed);
    const certificates = makeCertificates(plan.sites, folder);
    const settings: Settings = { distribution, seed, certificates };
    const file = join(folder, "settings");
    writeFileSync(file, JSON.stringify(settings));
    const start = async (name: string) => {
      const child = fork(HERE.replace(/internet(\.[jt]s)$/, `${name}$1`), [file]);
      children.push(child);
      await once(child, "message");
      return child;
    };
    const servers = await start("servers");
    await start("relay");
    const vanished = plan.sites.filter(({ fault }) => fault === "are black holes");
    holes = await allSilentAt(vanished.flatMap(({ address: host }) => [80, 443].map((port) => ({ host, port }))));
    writeLists(plan.pages, folder);
    const forget = async () => {
      servers.send("anew");
      await once(servers, "message");
    };
    await compare(plan, distribution, settings, folder, forget);
  } finally {
    for (const child of children.filter(({ connected }) => connected)) {
      child.disconnect();
      await once(child, "exit");
    }
    await holes?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sets up loopback and resolv.conf, in this namespace only. */
function setUpNames(folder: string, timeoutS: number): void {
  execFileSync("ip", ["link", "set", "lo", "up"]);
  for (const [path, content] of [
    ["/etc/resolv.conf", `nameserver 127.0.0.1\noptions timeout:${timeoutS} attempts:2\n`],
    ["/etc/nsswitch.conf", "hosts: files dns\n"],
  ] as const) {
    const file = join(folder, path.replaceAll("/", "-"));
    writeFileSync(file, content);
    execFileSync("mount", ["--bind", file, path]);
  }
}

/** Runs the programs alternately, and prints the table. */
async function compare(
  { sites, pages }: Plan,
  { limits, bytes }: Distribution,
  { certificates, seed }: Settings,
  folder: string,
  forget: () => Promise<void>,
): Promise<void> {
  const bodyOf = bodies(bytes.max, seed);
  const saveable = pages.filter((page) => page.saveable).length;
  console.log(
    `${pages.length} URLs on ${sites.length} names, seed ${seed}; ${saveable} can be saved; ${limits.concurrency} at a time; load ${loadNow()}\n`,
  );
  const rounds = new Map<Contender, Round[]>(installed().map((one) => [one, []]));
  for (let run = 1; run <= Number(values.runs); run++) {
    for (const [contender, its] of rounds) {
      await forget();
      const out = join(folder, "out");
      mkdirSync(out);
      const argv = contender.command(limits, certificates.authority);
      const cost = await measure({ argv, cwd: folder }, MOST_SECONDS, new AbortController().signal);
      const { saved, lost, wrong } = check(pages, out, bodyOf);
      if (values.keep !== undefined) keepFiles(values.keep, out, contender.name, run);
      rmSync(out, { recursive: true });
      its.push({ ...cost, saved, wrong: wrong.length });
      const took = "timedOutSeconds" in cost ? `stopped after ${MOST_SECONDS} s` : `${cost.wallSeconds.toFixed(1)} s`;
      console.log(`${contender.name}, run ${run}: ${took}, ${saved} saved; load ${loadNow()}`);
      if (lost.length > 0)
        console.log(
          `  lost: ${byAnswer(lost)} (${lost
            .slice(0, 10)
            .map(({ n }) => n)
            .join(" ")})`,
        );
      if (wrong.length > 0) console.log(`  wrong files: ${byAnswer(wrong)}`);
    }
  }
  console.log(
    `\n${table(
      [...rounds].map(([one, its]) => [`${one.name} ${versionOf(one)}`, its]),
      saveable,
    )}`,
  );
}

function installed(): readonly Contender[] {
  const only = values.only?.split(",");
  return CONTENDERS.filter((one) => {
    if (only?.some((word) => one.name.startsWith(word)) === false) return false;
    if (versionOf(one) !== undefined) return true;
    console.error(`internet: LEFT OUT: ${one.name}, for it is not installed`);
    return false;
  });
}

/** Keeps bulkget's records, which show why a page was lost. */
function keepFiles(folder: string, out: string, name: string, run: number): void {
  if (name !== "bulkget") return;
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(out, "results.jsonl"), join(folder, `results-${run}.jsonl`));
}

/** The load average of the machine, including other programs. */
function loadNow(): string {
  return (loadavg()[0] ?? Number.NaN).toFixed(1);
}
