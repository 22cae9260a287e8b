// Archives of runs that are killed, stopped or out of disk space, and started again: each body and record once, sealed.

import { readdirSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { killedRun } from "../../support/process/killing.ts";
import { noTmpfs, tmpfs } from "../../support/process/tmpfs.ts";
import { commandUnderWay, graceOf } from "../../support/process/under-way.ts";
import { body, status } from "../../support/site.ts";
import { bodiesInTar } from "../../support/tar.ts";
import { bodiesInWarc } from "../../support/warc.ts";

const KILLS = Number(process.env["ARCHIVE_KILLS"] ?? 6);

/** Records are written 0.2 s late: with 500 URLs for each kill, most runs record something before theirs. */
const KILLED_URLS = 500 * KILLS;
const URLS = 400;

/** The path of a line that has no answer when a run is stopped. */
const STUCK = "/20";

if (noTmpfs !== undefined) console.warn(`SKIPPED: archives on a full disk: it cannot be mounted: ${noTmpfs}`);

interface Format {
  readonly format: string;
  /** Reads the bodies of saved lines out of the archives with final names, strictly. */
  readonly bodiesIn: (output: string) => ReadonlyMap<number, Buffer>;
  /** Reads the bodies of responses with 404. */
  readonly refusedIn: (output: string) => ReadonlyMap<number, Buffer>;
  /** The lines whose responses are archived if these lines failed. */
  readonly keptOf: (failed: readonly number[]) => readonly number[];
  /** The names that a run leaves. */
  readonly expected: RegExp;
}

const FORMATS: readonly Format[] = [
  {
    format: "tar",
    bodiesIn: bodiesInTar,
    refusedIn: () => new Map(),
    keptOf: () => [],
    expected: /^(\d{5}\.tar|(results|runs)\.jsonl|failed\.txt|\.bulkget|\.bulkget\/since)$/,
  },
  {
    format: "warc",
    bodiesIn: (output) => bodiesInWarc(output, 200),
    refusedIn: (output) => bodiesInWarc(output, 404),
    keptOf: (failed) => failed,
    expected: /^(\d{5}\.(warc\.gz|cdxj)|(results|runs)\.jsonl|failed\.txt|\.bulkget|\.bulkget\/since)$/,
  },
];
const ROWS = FORMATS.flatMap((row) =>
  ["1", "2"].map((workers) => [`--format ${row.format} --workers ${workers}`, { ...row, workers }] as const),
);

const folder = ownFolder();
const numbers = Array.from({ length: URLS }, (_, i) => i + 1);

/** Every 100th is over 256 KiB, and arrives in a file of its own. */
function bodyOf(path: string): Buffer {
  const n = Number(path.slice(1));
  return Buffer.alloc(n % 100 === 0 ? 300_000 + n : n % 3000, path);
}

/** WARC stores pictures without deflating them. */
const pictureOf = (n: number) => body(bodyOf(`/${n}`), { "content-type": "image/png" });

/** A number of requests after which lines are recorded, and lines are left. */
const momentWithin = (requests: number) => 50 + Math.floor(Math.random() * (requests - 100));

const numbersOf = (bodies: ReadonlyMap<number, Buffer>) => [...bodies.keys()].toSorted((one, other) => one - other);

describe.each(ROWS)("%s", (_, { format, workers, bodiesIn, refusedIn, keptOf, expected }) => {
  const args = ["--format", format, "--workers", workers, "--min-free", "0"];
  const command = ["urls.txt", "-o", "disk/out", "-c", "10", "--shard-count", "50", ...args];
  const out = (file = "") => folder.at("disk/out", file);
  const server = ownSite();

  beforeEach(() => {
    for (const n of numbers) server.answers.set(`/${n}`, pictureOf(n));
    folder.list(numbers.map((n) => server.url(`/${n}`)));
  });

  /** The whole records by number, with repetitions: a full disk may have cut the last one. */
  function recorded(): readonly Outcome[] {
    const lines = readFileSync(out("results.jsonl"), "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Outcome).sort((one, other) => one.n - other.n);
  }

  /** Expects one whole body for each saved line, and no other body and no other file. */
  function expectSealed(about: string): void {
    const saved = recorded().flatMap(({ n, outcome }) => (outcome === "saved" ? [n] : []));
    const bodies = bodiesIn(out());
    expect(numbersOf(bodies), about).toEqual(saved);
    const wrong = saved.filter((n) => bodies.get(n)?.equals(bodyOf(`/${n}`)) !== true);
    const names = readdirSync(out(), { recursive: true, encoding: "utf8" });
    const leftovers = names.filter((name) => !expected.test(name));
    expect({ wrong, leftovers }, about).toEqual({ wrong: [], leftovers: [] });
  }

  /** Expects one record for each line, with the outcome that `outcomeOf` returns. */
  function expectRecords(outcomeOf: (n: number) => string, about: string): void {
    const outcomes = recorded().map(({ n, outcome }) => `${n} ${outcome}`);
    expect(outcomes, about).toEqual(numbers.map((n) => `${n} ${outcomeOf(n)}`));
  }

  /** Runs the command to its end, and expects it to save the lines that are not saved yet, and to request no other. */
  async function expectResumed(about: string): Promise<void> {
    const saved = new Set(recorded().flatMap(({ n, outcome }) => (outcome === "saved" ? [n] : [])));
    const open = numbers.filter((n) => !saved.has(n));
    server.asked();
    const ran = await folder.run(command);
    expect(ran.code, `${about}: ${ran.stderr}`).toBe(0);
    expect(server.asked(), about).toEqual(open.map((n) => `/${n}`).toSorted());
    expectSealed(about);
    expectRecords(() => "saved", about);
  }

  /** Starts the command, and sends it a signal when `requests` have been made. Line STUCK is under way then. */
  async function stopped(signal: NodeJS.Signals, requests: number, ...more: string[]): Promise<void> {
    const answer = server.answers.get(STUCK) ?? status(500);
    server.answers.set(STUCK, () => {});
    server.asked();
    const running = commandUnderWay([...command, ...more], folder.path, graceOf(100));
    let asked = 0;
    const beenAsked = () => {
      asked += server.asked().length;
      return asked;
    };
    await expect.poll(beenAsked, { interval: 1, timeout: 60_000 }).toBeGreaterThanOrEqual(requests);
    running.kill(signal);
    const ended = await running.ended;
    expect(ended.signal, ended.stderr).toBe(signal);
    server.answers.set(STUCK, answer);
  }

  it(
    `has every body and record once after ${KILLS} kills`,
    async () => {
      const moments: number[] = [];
      const random = () => {
        moments.push(Math.random());
        return moments.at(-1) ?? 0;
      };
      const result = await killedRun({
        ...{
          folder: folder.path,
          urls: KILLED_URLS,
          concurrency: 20,
          kills: KILLS,
          random,
          bodyOf,
          bodiesIn,
          expected,
        },
        args: [...args, "--shard-count", "200"],
      });
      const about = `killed at ${moments.map((one) => one.toFixed(4)).join(", ")}: ${JSON.stringify(result)}`;
      expect(result, about).toMatchObject({
        ...{ kills: KILLS, exitCode: 0, files: KILLED_URLS, wrongFiles: [] },
        ...{ records: KILLED_URLS, wrongRecords: [], leftovers: [] },
      });
    },
    120_000 + 20_000 * KILLS,
  );

  it("has every failed line once after a kill, and every body once after a kill of --retry-failed", async () => {
    const failing = numbers.filter((n) => n % 2 === 0);
    for (const n of failing) server.answers.set(`/${n}`, status(404));
    const about = { first: momentWithin(URLS), second: momentWithin(failing.length) };
    await stopped("SIGKILL", about.first);
    const first = await folder.run(command);
    expect(first.code, `${JSON.stringify(about)}: ${first.stderr}`).toBe(1);
    expectSealed(JSON.stringify(about));
    expectRecords((n) => (n % 2 === 0 ? "failed" : "saved"), JSON.stringify(about));
    expect(numbersOf(refusedIn(out()))).toEqual(keptOf(failing));
    for (const n of failing) server.answers.set(`/${n}`, pictureOf(n));
    await stopped("SIGKILL", about.second, "--retry-failed");
    const second = await folder.run([...command, "--retry-failed"]);
    expect(second.code, `${JSON.stringify(about)}: ${second.stderr}`).toBe(0);
    expectSealed(JSON.stringify(about));
    expectRecords(() => "saved", JSON.stringify(about));
    expect(numbersOf(refusedIn(out()))).toEqual(keptOf(failing));
  });

  it("has all that is recorded at SIGTERM sealed, and the rest after the next run", async () => {
    const moment = momentWithin(URLS);
    await stopped("SIGTERM", moment);
    expect(recorded().length).toBeGreaterThan(0);
    expectSealed(`SIGTERM after ${moment}`);
    await expectResumed(`SIGTERM after ${moment}`);
  });

  it.skipIf(noTmpfs !== undefined).each(["run", "file"])(
    "stops when a disk of 1 MiB is full, and goes on when it is larger, with --durability %s",
    async (durability) => {
      const disk = own(tmpfs(folder.at("disk"), "1m"));
      for (const _ of [1, 2]) {
        const full = await folder.run([...command, "--durability", durability]);
        expect(full.code, full.stderr).toBe(3);
        // Or, where the shards of the first run have left no room for their indexes, before anything is requested.
        expect(full.stderr).toMatch(/disk_full|cannot be used: ENOSPC/);
        expect(full.stderr).toContain("run it again to go on");
      }
      disk.remount("size=64m");
      await expectResumed("full");
    },
  );
});
