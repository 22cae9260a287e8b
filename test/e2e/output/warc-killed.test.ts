// --format warc, killed, stopped by a full disk and started again: each line once, in sealed files only, each with its index.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordsOf, temporaryFolder } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { killedRun } from "../../support/process/killing.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { pageOf, status } from "../../support/site.ts";
import { expectSound } from "../../support/warc.ts";

const folder = ownFolder();

/** The bodies of all responses by the numbers in their URLs. A number that comes twice is an error. */
function bodiesIn(output: string): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (const { type, fields, body } of expectSound(output)) {
    if (type !== "response") continue;
    const n = Number(new URL(fields.get("WARC-Target-URI") ?? "").pathname.slice(1));
    expect(found.has(n), `${n} comes twice`).toBe(false);
    found.set(n, body);
  }
  return found;
}

describe("--format warc, killed and started again until it is done,", () => {
  const URLS = 1500;
  const KILLS = 6;
  /** Every 100th is over 256 KiB, and arrives in a file of its own. */
  const bodyOf = (path: string) => {
    const n = Number(path.slice(1));
    return Buffer.alloc(n % 100 === 0 ? 300_000 + n : n % 3000, path);
  };

  it.each([
    ["by one process", []],
    ["by two processes", ["--workers", "2"]],
  ])("has every response once, in sealed files only, %s", async (_, args) => {
    const moments: number[] = [];
    const random = () => {
      moments.push(Math.random());
      return moments.at(-1) ?? 0;
    };
    const result = await killedRun({
      ...{ folder: folder.path, urls: URLS, concurrency: 20, kills: KILLS, random, bodyOf, bodiesIn },
      args: ["--format", "warc", "--shard-count", "200", ...args],
      expected: /^(\d{5}\.(warc\.gz|cdxj)|results\.jsonl|\.bulkget|\.bulkget\/since)$/,
    });
    const about = `killed at ${moments.map((one) => one.toFixed(4)).join(", ")}: ${JSON.stringify(result)}`;
    expect(result, about).toMatchObject({
      ...{ kills: KILLS, exitCode: 0, files: URLS, wrongFiles: [], records: URLS, wrongRecords: [], leftovers: [] },
    });
  });
});

describe("--format warc, killed while half of the lines fail,", () => {
  const server = ownSite();

  it.each([["1"], ["2"]])("has the response of every failed line as well, with --workers %s", async (workers) => {
    const paths = Array.from({ length: 400 }, (_, i) => `/${i + 1}`);
    for (const path of paths.filter((_, i) => i % 2 === 0)) server.answers.set(path, status(404));
    folder.list(paths.map(server.url));
    const args = ["urls.txt", "-o", "out", "--format", "warc", "--shard-count", "30", "-q", "-c", "10"];
    const moment = 50 + Math.floor(Math.random() * 300);
    const running = commandUnderWay([...args, "--workers", workers], folder.path);
    let asked = 0;
    const beenAsked = () => {
      asked += server.asked().length;
      return asked;
    };
    await expect.poll(beenAsked, { interval: 1, timeout: 60_000 }).toBeGreaterThan(moment);
    running.kill("SIGKILL");
    await running.ended;
    const ran = await folder.run([...args, "--workers", workers]);
    expect(ran.code, `killed after ${moment}: ${ran.stderr}`).toBe(1);
    const bodies = bodiesIn(folder.at("out"));
    const wanted = paths.map((path, i) => (i % 2 === 0 ? "404\n" : String(pageOf(path))));
    expect(paths.map((_, i) => String(bodies.get(i + 1)))).toEqual(wanted);
    expect([...recordsOf(folder.at("out")).values()].filter(({ outcome }) => outcome === "failed")).toHaveLength(200);
  });
});

/** Mounts a tmpfs; returns the reason where that is impossible. */
function mounted(path: string, options: string): string | undefined {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "bulkget-test", path], { stdio: "pipe" });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const unmount = (path: string) => execFileSync("umount", ["--lazy", path], { stdio: "pipe" });

function whyNoMount(): string | undefined {
  const trial = temporaryFolder();
  const problem = mounted(trial.path, "size=64k");
  if (problem === undefined) unmount(trial.path);
  trial.remove();
  return problem;
}

const noMount = whyNoMount();
if (noMount !== undefined) console.warn(`SKIPPED: WARC files on a full disk: it cannot be mounted: ${noMount}`);

describe.skipIf(noMount !== undefined)("--format warc on a disk of 1 MiB", () => {
  const server = ownSite();
  beforeEach(() => expect(mounted(folder.at("disk"), "size=1m,mode=777")).toBeUndefined());
  afterEach(() => unmount(folder.at("disk")));

  it.each([["run"], ["file"]])(
    "stops when that is full, and is completed when it is larger, with --durability %s",
    async (durability) => {
      const paths = Array.from({ length: 60 }, (_, i) => `/${i + 1}`);
      const bodyOf = (i: number) => Buffer.alloc(i % 10 === 0 ? 270_000 : 20_000, `${i}`);
      for (const [i, path] of paths.entries()) {
        const headers = { "content-type": "image/png" }; // is not deflated
        server.answers.set(path, (_, response) => void response.writeHead(200, headers).end(bodyOf(i)));
      }
      folder.list(paths.map(server.url));
      const args = ["urls.txt", "-o", "disk/out", "--format", "warc", "--min-free", "0", "--durability", durability];
      for (const _ of [1, 2]) {
        const full = await folder.run(args);
        expect(full.code, full.stderr).toBe(3);
      }
      execFileSync("mount", ["-o", "remount,size=64m", folder.at("disk")]);
      const ran = await folder.run(args);
      expect(ran.code, ran.stderr).toBe(0);
      const bodies = bodiesIn(folder.at("disk/out"));
      expect(paths.filter((_, i) => bodies.get(i + 1)?.equals(bodyOf(i)) !== true)).toEqual([]);
      const left = readdirSync(folder.at("disk/out"), { recursive: true, encoding: "utf8" });
      const expected = /^(\d{5}\.(warc\.gz|cdxj)|results\.jsonl|\.bulkget|\.bulkget\/since)$/;
      expect(left.filter((name) => !expected.test(name))).toEqual([]);
    },
  );
});
