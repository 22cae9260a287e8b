// `node dist/test/bench/layouts.js [lines]`: the same list by one run, by shards and by a fleet: names, bytes, records and reports are equal.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import type { Outcome } from "../../src/core/job.ts";
import { bulkgetCommand } from "../support/command.ts";
import { merged } from "../support/folders/shards.ts";
import { ownRedis } from "../support/servers/redis.ts";
import { s3Stub } from "../support/servers/s3-stub.ts";
import { storeEnv } from "../support/servers/store-env.ts";
import { OF_THE_MOMENT, pageOf } from "../support/site.ts";
import { recordsInFile } from "../support/warc.ts";

const lines = Number(process.argv[2] ?? 100_000);
const SHARDS = 4;
const WORKERS = 3;
const EXTRACTED = 500;
/** The server answers on several addresses, so that a list has hosts. */
const HOSTS = Array.from({ length: 8 }, (_, i) => `127.0.0.${i + 1}`);

const folder = mkdtempSync(join("/dev/shm", "bulkget-layouts-"));
const servers = HOSTS.map(() =>
  createServer(({ url = "" }, response) => {
    if (url.startsWith("/gone/")) response.writeHead(404).end();
    else response.setHeader("content-type", "text/plain").end(pageOf(url));
  }),
);
let port = 0;
for (const [i, server] of servers.entries()) {
  await new Promise<void>((resolve) => void server.listen(port, HOSTS[i], resolve));
  ({ port } = server.address() as AddressInfo);
}
const redis = await ownRedis(folder);
const store = await s3Stub();
const env = storeEnv(store);
writeFileSync(join(folder, "urls.txt"), Array.from({ length: lines }, (_, i) => `${lineOf(i + 1)}\n`).join(""));

/** Comments, lines with names, and URLs that fail are among them. */
function lineOf(n: number): string {
  if (n % 1009 === 0) return "# a comment";
  const url = `http://${HOSTS[n % HOSTS.length]}:${port}/${n % 97 === 0 ? "gone" : "page"}/${n}`;
  return n % 501 === 0 ? `${url}\tnamed-${n}.txt` : url;
}

/** What is compared: bodies by numbers, records, and the counts of the report. */
interface Left {
  readonly bodies: ReadonlyMap<number, string>;
  readonly records: ReadonlyMap<number, string>;
  readonly names: readonly string[];
  readonly report: string;
}

async function bulkget(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await bulkgetCommand(args, { cwd: folder, env });
  if (code !== 0) throw new Error(`${args.join(" ")}: exit ${code}: ${stderr.slice(-2000)}`);
  return stdout;
}

const RUN = ["--progress", "none", "--fail-on", "never"];
const each = (act: (i: number) => Promise<unknown>) =>
  Promise.all(Array.from({ length: SHARDS }, (_, i) => act(i + 1)));
const ways: Readonly<Record<string, (out: string, more: readonly string[]) => Promise<unknown>>> = {
  "one run": (out, more) => bulkget("urls.txt", "-o", out, ...RUN, ...more),
  "4 shards by line, merged": (out, more) => mergedShards(out, [...more, "--shard-by", "line"]),
  "4 shards by host, merged": (out, more) => mergedShards(out, [...more, "--shard-by", "host"]),
  "4 shards at once in one place": (out, more) =>
    each((i) => {
      const state = out.startsWith("s3:") ? ["--state", `state-${i}`] : [];
      return bulkget("urls.txt", "-o", out, ...RUN, ...more, ...state, "--shard", `${i}/${SHARDS}`);
    }),
  "a fleet of 3": async (out, more) => {
    await redis.send("FLUSHALL");
    await bulkget("enqueue", "urls.txt", "-o", out, "--queue", redis.url, "--chunk", "1000", ...more);
    const work = (_: unknown, i: number) =>
      bulkget("work", "--until-done", "-q", "--queue", redis.url, "--state", `worker-${i}`);
    await Promise.all(Array.from({ length: WORKERS }, work));
  },
};

async function mergedShards(out: string, more: readonly string[]): Promise<void> {
  await each((i) => bulkget("urls.txt", "-o", `${out}-${i}`, ...RUN, ...more, "--shard", `${i}/${SHARDS}`));
  const parts = Array.from({ length: SHARDS }, (_, i) => join(folder, `${out}-${i + 1}`));
  merged(parts, join(folder, out));
}

/** All files or objects of an output, by their names below it. */
function contentsOf(out: string): ReadonlyMap<string, () => Buffer> {
  if (out.startsWith("s3://")) {
    const prefix = out.slice("s3://books/".length);
    return new Map(
      [...store.objects]
        .filter(([key]) => key.startsWith(`${prefix}/`))
        .map(([key, { body }]) => [key.slice(prefix.length + 1), () => body]),
    );
  }
  const root = join(folder, out);
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(root, name)).isFile(),
  );
  return new Map(files.map((name) => [name, () => readFileSync(join(root, name))]));
}

const OWN = /^(\.bulkget|results|runs|failed)/;
const OF_PLACES = [...OF_THE_MOMENT, "shard", "offset", "stored_bytes", "member"];

async function leftIn(out: string): Promise<Left> {
  const contents = contentsOf(out);
  const records = new Map<number, string>();
  const places = new Map<number, string>();
  const urls = new Map<string, number>();
  for (const [name, read] of contents) {
    if (!/^results[^/]*\.jsonl$|^results\/\d+\/\d+\.jsonl$/.test(name)) continue;
    for (const line of read().toString().split("\n")) {
      if (line === "") continue;
      const { file, ...record } = JSON.parse(line) as Outcome & { readonly member?: string };
      const { n, url, outcome, member } = record;
      if (records.has(n)) throw new Error(`${out}: ${n} has two records`);
      const place = file ?? member;
      records.set(
        n,
        JSON.stringify(
          Object.entries(record)
            .filter(([key]) => !OF_PLACES.includes(key))
            .toSorted(),
        ),
      );
      if (outcome === "saved") urls.set(url, n);
      if (place !== undefined) places.set(n, place);
    }
  }
  const bodies = new Map<number, string>();
  const archives = [...contents.keys()].filter((name) => /\.(tar|warc\.gz)$/.test(name));
  if (archives.length === 0)
    for (const [n, file] of places) bodies.set(n, digestOf(contents.get(file)?.() ?? Buffer.from(`no ${file}`)));
  for (const name of archives)
    for (const [key, body] of bodiesIn(name, contents.get(name)?.() ?? Buffer.alloc(0))) {
      const n = urls.get(key) ?? Number.parseInt(key, 10);
      if (bodies.has(n)) throw new Error(`${out}: ${n} is in two archives`);
      bodies.set(n, body);
    }
  const names = archives.length > 0 ? [...places.values()] : [...contents.keys()].filter((name) => !OWN.test(name));
  return { bodies, records, names: names.map((name) => basename(name)).toSorted(), report: await reportOf(out) };
}

/** The digests of bodies, by their URLs in WARC, and by names that begin with their numbers in tar. */
function* bodiesIn(name: string, content: Buffer): Generator<readonly [string, string]> {
  const path = join(folder, basename(name));
  const unpacked = join(folder, "unpacked");
  try {
    writeFileSync(path, content);
    if (name.endsWith(".gz")) {
      for (const { type, fields, body, head } of recordsInFile(path, basename(name)))
        if (type === "response" && head.includes(" 200 "))
          yield [fields.get("WARC-Target-URI") ?? "", digestOf(body)] as const;
      return;
    }
    mkdirSync(unpacked);
    execFileSync("tar", ["-xf", path, "-C", unpacked, "--keep-old-files"]);
    for (const member of readdirSync(unpacked))
      if (!member.endsWith(".json"))
        yield [member.replace(/^named-/, ""), digestOf(readFileSync(join(unpacked, member)))] as const;
  } finally {
    rmSync(path, { force: true });
    rmSync(unpacked, { recursive: true, force: true });
  }
}

function digestOf(body: Buffer): string {
  return createHash("sha256").update(body).digest("hex");
}

/** The report without times, and without what says how the list was divided. */
async function reportOf(out: string): Promise<string> {
  const report = JSON.parse(await bulkget("report", out, "--json")) as Record<string, unknown>;
  const { counts, statuses, types, sizes, failures, host_count: hostCount } = report;
  const hosts = (report["hosts"] as readonly Record<string, unknown>[])
    .map(({ host, urls, failed, bytes }) => JSON.stringify([host, urls, failed, bytes]))
    .toSorted();
  return JSON.stringify({ counts, statuses, types, sizes, failures, hostCount, hosts });
}

/** Some bodies that `bulkget extract` reads, against what the server sends. */
async function wrongExtracts(out: string, { records }: Left): Promise<number> {
  const numbers = [...records.keys()].filter((n) => n % 97 !== 0 && n % 501 !== 0);
  const some = numbers.filter((_, i) => i % Math.ceil(numbers.length / EXTRACTED) === 0);
  const to = join(folder, "extracted");
  mkdirSync(to);
  await bulkget("extract", out, ...some.map(String), "-o", `${to}/`);
  const wrong = some.filter(
    (n) => !readFileSync(join(to, `${String(n).padStart(6, "0")}.txt`)).equals(pageOf(`/page/${n}`)),
  );
  rmSync(to, { recursive: true });
  return wrong.length;
}

function differences(one: ReadonlyMap<number, string>, other: ReadonlyMap<number, string>): number {
  const keys = new Set([...one.keys(), ...other.keys()]);
  return [...keys].filter((key) => one.get(key) !== other.get(key)).length;
}

let isRight = true;
try {
  console.log("| output | way | bodies | other bodies | other records | names | report | extracted wrong |");
  console.log("| --- | --- | ---: | ---: | ---: | --- | --- | ---: |");
  let plain: Left | undefined;
  for (const [output, more] of Object.entries({
    ...{ files: [], tar: ["--format", "tar"], warc: ["--format", "warc"], s3: [] },
    "s3, tar": ["--format", "tar"],
  })) {
    let first: Left | undefined;
    for (const [way, act] of Object.entries(ways)) {
      if (way.includes("merged") && output !== "files") continue;
      const out = output.startsWith("s3") ? `s3://books/${digestOf(Buffer.from(output + way)).slice(0, 8)}` : "out";
      const begunMs = performance.now();
      await act(out, more);
      const tookMs = performance.now() - begunMs;
      const left = await leftIn(out);
      plain ??= left;
      first ??= left;
      const bodies = differences(plain.bodies, left.bodies);
      const records = differences(first.records, left.records);
      const isNamed = left.names.join() === first.names.join();
      const isReported = left.report === first.report;
      const extracted = await wrongExtracts(out, left);
      const cells = [output, way, left.bodies.size, bodies, records, isNamed ? "equal" : "OTHER"];
      console.log(`| ${cells.join(" | ")} | ${isReported ? "equal" : "OTHER"} | ${extracted} |`);
      console.error(
        `${(tookMs / 1000).toFixed(1)} s, compared in ${((performance.now() - begunMs - tookMs) / 1000).toFixed(1)} s`,
      );
      isRight &&= bodies + records + extracted === 0 && isNamed && isReported;
      if (!isReported) console.error(first.report, left.report);
      store.objects.clear();
      store.requests.length = 0;
      for (const name of readdirSync(folder))
        if (/^(out|state|worker|\.bulkget)/.test(name)) rmSync(join(folder, name), { recursive: true });
    }
  }
} finally {
  await redis.close();
  await store.close();
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
}
console.log(isRight ? "as it must be" : "NOT as it must be");
process.exitCode = isRight ? 0 : 1;
