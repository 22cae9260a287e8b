// Times bulkget against curl on lists of many host names, with a DNS server in a network namespace (Linux, unshare, ip, curl).
//   node dist/test/bench/names/names.js [--runs n] [scenario, a regular expression]

import { execFileSync, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BIN } from "../../support/command.ts";

const HERE = fileURLToPath(import.meta.url);
const sibling = (name: string) => HERE.replace(/names(\.[jt]s)$/, `${name}$1`);

interface Scenario {
  readonly name: string;
  readonly delayMs: number;
  readonly concurrency: number;
  readonly connectTimeoutS: number;
  readonly hosts: readonly string[];
  readonly contenders: readonly string[];
}

const ALL = ["curl", "bulkget", "--workers 2", "library"] as const;
const TWO = ["curl", "bulkget"] as const;
const DEAD = ["absent", "silent", "servfail", "refused"] as const;

const good = (count: number) => Array.from({ length: count }, (_, i) => `h${i}`);
/** Every `nth` name has this kind. */
const withDead = (hosts: readonly string[], kind: string, nth: number) =>
  hosts.map((host, i) => (i % nth >= nth - 1 ? `${kind}${i}` : host));
const dead = (kind: string) => good(1000).map((host, i) => (i % 10 < 3 ? `${kind}${i}` : host));
const isGood = (host: string) => host.startsWith("h");

const scenarios: readonly Scenario[] = [
  {
    name: "1,000 names, 50 ms, -c 50",
    delayMs: 50,
    concurrency: 50,
    connectTimeoutS: 10,
    hosts: good(1000),
    contenders: ALL,
  },
  {
    name: "400 names, every 20th silent, -c 50",
    delayMs: 50,
    concurrency: 50,
    connectTimeoutS: 10,
    hosts: withDead(good(400), "silent", 20),
    contenders: ALL,
  },
  ...[5, 50, 200].flatMap((delayMs) =>
    [50, 200, 500].map((concurrency) => ({
      name: `2,000 names, ${delayMs} ms, -c ${concurrency}`,
      delayMs,
      concurrency,
      connectTimeoutS: 10,
      hosts: good(2000),
      contenders: TWO,
    })),
  ),
  ...DEAD.flatMap((kind) => {
    const mixed = dead(kind);
    const orders = {
      mixed,
      "dead first": mixed.toSorted((a, b) => Number(isGood(a)) - Number(isGood(b))),
      "dead last": mixed.toSorted((a, b) => Number(isGood(b)) - Number(isGood(a))),
    };
    return Object.entries(orders).map(([order, hosts]) => ({
      name: `1,000 names, 30 % ${kind}, ${order}, 20 ms, -c 100`,
      delayMs: 20,
      concurrency: 100,
      connectTimeoutS: 3,
      hosts,
      contenders: order === "mixed" ? ALL : TWO,
    }));
  }),
];

const { values, positionals } = parseArgs({
  options: { runs: { type: "string", default: "5" }, inside: { type: "boolean" } },
  allowPositionals: true,
});
if (values.inside === true) await inside();
else {
  const unshare = process.getuid?.() === 0 ? ["-nm"] : ["-rnm"];
  const { status } = spawnSync("unshare", [...unshare, process.execPath, HERE, "--inside", ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}

async function inside(): Promise<void> {
  const folder = mkdtempSync("/dev/shm/bulkget-names-");
  try {
    execFileSync("ip", ["link", "set", "lo", "up"]);
    for (const [path, text] of [
      ["/etc/resolv.conf", "nameserver 127.0.0.1\n"],
      ["/etc/nsswitch.conf", "hosts: files dns\n"],
    ] as const) {
      const file = join(folder, path.replaceAll("/", "-"));
      writeFileSync(file, text);
      execFileSync("mount", ["--bind", file, path]);
    }
    const wanted = new RegExp(positionals[0] ?? "");
    const [curl = ""] = execFileSync("curl", ["--version"], { encoding: "utf8" }).split(" libcurl");
    console.log(
      `Medians of ${values.runs} runs, interleaved; ${curl}, Node ${process.version}. All good URLs were saved where nothing else is said.\n`,
    );
    console.log(
      "| names | curl | bulkget | | --workers 2 | | library | |\n| --- | --- | --- | --- | --- | --- | --- | --- |",
    );
    for (const scenario of scenarios) if (wanted.test(scenario.name)) console.log(await measured(scenario, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A row of the table. */
async function measured(scenario: Scenario, folder: string): Promise<string> {
  const { name, delayMs, hosts, contenders } = scenario;
  const servers = fork(sibling("servers"), [String(delayMs)]);
  await once(servers, "message");
  const timesMs = new Map<string, number[]>(contenders.map((one) => [one, []]));
  const lost = new Map<string, number>();
  const saveable = hosts.filter(isGood).length;
  try {
    for (let round = 0; round < Number(values.runs); round++) {
      for (const contender of contenders) {
        const place = mkdtempSync(join(folder, "run-"));
        const { ms, saved } = await ran(contender, scenario, place);
        rmSync(place, { recursive: true });
        timesMs.get(contender)?.push(ms);
        if (saved !== saveable) lost.set(contender, Math.max(lost.get(contender) ?? 0, saveable - saved));
      }
    }
  } finally {
    servers.disconnect();
    await once(servers, "exit");
  }
  const curlMs = median(timesMs.get("curl") ?? []);
  const cells = ALL.slice(1).flatMap((one) => {
    const ms = median(timesMs.get(one) ?? []);
    return Number.isNaN(ms) ? ["", ""] : [inSeconds(ms, lost.get(one)), (ms / curlMs).toFixed(2)];
  });
  return `| ${name} | ${inSeconds(curlMs, lost.get("curl"))} | ${cells.join(" | ")} |`;
}

async function ran(
  contender: string,
  { hosts, concurrency, connectTimeoutS }: Scenario,
  cwd: string,
): Promise<{ readonly ms: number; readonly saved: number }> {
  const urls = hosts.map((host, i) => `http://${host}.test/${i}`);
  writeFileSync(join(cwd, "urls.txt"), urls.map((url) => `${url}\n`).join(""));
  mkdirSync(join(cwd, "out"));
  writeFileSync(join(cwd, "curl.cfg"), urls.map((url, i) => `url="${url}"\noutput="out/${i}.txt"\n`).join(""));
  const atOnce = String(concurrency);
  const own = [
    BIN,
    "urls.txt",
    "-o",
    "out",
    "-q",
    "-c",
    atOnce,
    "--retries",
    "0",
    "--connect-timeout",
    `${connectTimeoutS}s`,
  ];
  const commands: Readonly<Record<string, readonly string[]>> = {
    curl: [
      "curl",
      "-s",
      "-Z",
      "--parallel-immediate",
      "--parallel-max",
      atOnce,
      "--connect-timeout",
      String(connectTimeoutS),
      "-K",
      "curl.cfg",
    ],
    bulkget: [process.execPath, ...own],
    "--workers 2": [process.execPath, ...own, "--workers", "2"],
    library: [process.execPath, sibling("library"), "urls.txt", atOnce, String(1000 * connectTimeoutS)],
  };
  const [program = "", ...args] = commands[contender] ?? [];
  const startedMs = performance.now();
  const child = spawn(program, args, { cwd, stdio: ["ignore", "ignore", "ignore"] });
  await once(child, "close");
  const ms = performance.now() - startedMs;
  const saved = readdirSync(join(cwd, "out")).filter((file) => /^\d+(\.|$)/.test(file));
  const whole = saved.filter((file) => readFileSync(join(cwd, "out", file)).length === 100);
  return { ms, saved: whole.length };
}

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
}

function inSeconds(ms: number, lost = 0): string {
  return `${(ms / 1000).toFixed(2)} s${lost > 0 ? ` (lost ${lost})` : ""}`;
}
