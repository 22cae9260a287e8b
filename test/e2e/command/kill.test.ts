// A run that is killed repeatedly by SIGKILL and started again until it is done loses nothing.

import { linkSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { ownFolder, ownSite } from "../../support/own.ts";
import { killedRun } from "../../support/process/killing.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { journalOf, leftIn, pageOf } from "../../support/site.ts";

const URLS = 3000;
const KILLS = 6;

interface Lost {
  readonly n: number;
  readonly path: string;
  readonly file: string;
}

const folder = ownFolder();

it(`a run of ${URLS} URLs with ${KILLS} kills saves every file byte for byte, and fetches few URLs twice`, async () => {
  const moments: number[] = [];
  const random = () => {
    const one = Math.random();
    moments.push(one);
    return one;
  };
  const result = await killedRun({ folder: folder.path, urls: URLS, concurrency: 20, kills: KILLS, random });
  const said = `killed at ${moments.map((one) => one.toFixed(4)).join(", ")}: ${JSON.stringify(result)}`;
  expect(result, said).toMatchObject({
    kills: KILLS,
    starts: KILLS + 1,
    exitCode: 0,
    files: URLS,
    wrongFiles: [],
    records: URLS,
    wrongRecords: [],
    leftovers: [],
  });
  expect(result.twice, said).toBeLessThanOrEqual(result.allowedTwice);
}, 300_000);

describe("a file that a killed run saved but did not record", () => {
  const server = ownSite();
  beforeEach(() => {
    folder.list(["/page-1", "/page-2", "/stuck"].map(server.url));
  });

  const saved = (...more: string[]) => folder.at("downloads", ...more);

  /** Sends the signal to a run when `records` lines are recorded and the `stuck` paths are requested. */
  async function stopped(
    signal: NodeJS.Signals,
    records: number,
    stuck: readonly string[],
    args: readonly string[] = [],
  ): Promise<void> {
    const asked = stuck.map((path) => new Promise<void>((resolve) => server.answers.set(path, () => resolve())));
    const running = commandUnderWay(["urls.txt", "-q", "--timeout", "600s", ...args], folder.path);
    await Promise.all(asked);
    await expect.poll(() => journalOf(saved()).length, { timeout: 10_000 }).toBe(records);
    running.kill(signal);
    expect((await running.ended).signal).toBe(signal);
    server.answers.clear();
  }

  /** Removes the last record from the journal, as if the kill had come before it; returns the line. */
  function withoutLastRecord(): Lost {
    const journal = saved("results.jsonl");
    const { atime, mtime } = statSync(journal);
    const lines = readFileSync(journal, "utf8").trimEnd().split("\n");
    const last = lines.at(-1) ?? "";
    truncateSync(journal, statSync(journal).size - last.length - 1);
    utimesSync(journal, atime, mtime);
    const { n, file } = JSON.parse(last) as { n: number; file: string };
    return { n, path: `/page-${n}`, file };
  }

  async function resumes(lost: Lost, args: string[] = []): Promise<void> {
    const { code, stderr } = await folder.run(["urls.txt", ...args]);
    expect(code, stderr).toBe(0);
    const { files, records } = leftIn(saved());
    expect(records.map(({ outcome }) => outcome)).toEqual(["saved", "saved", "saved"]);
    expect(files[lost.file]).toBe(pageOf(lost.path).toString("latin1"));
  }

  it("is replaced by the next run", async () => {
    await stopped("SIGKILL", 2, ["/stuck"]);
    await resumes(withoutLastRecord());
  });

  it.each(["SIGKILL", "SIGINT"] as const)(
    "is replaced although another run ended by %s before it reached the line",
    async (signal) => {
      await stopped("SIGKILL", 2, ["/stuck"]);
      const lost = withoutLastRecord();
      await stopped(signal, 1, [lost.path, "/stuck"]);
      // As after a long run, which recorded other lines until 5 s later.
      const lateMs = Date.now() + 5000;
      utimesSync(saved("results.jsonl"), lateMs / 1000, lateMs / 1000);
      await resumes(lost);
    },
  );

  it("is replaced although another run got a 404 for its line", async () => {
    await stopped("SIGKILL", 2, ["/stuck"]);
    const lost = withoutLastRecord();
    server.answers.set(lost.path, (_, response) => void response.writeHead(404).end());
    expect((await folder.run(["urls.txt"])).code).toBe(1);
    server.answers.clear();
    await resumes(lost, ["--retry-failed"]);
  });

  it.each(["{n:6}{ext}", "{basename}{ext}"])(
    "is replaced although its temporary name still exists, because the kill came between link and unlink (--name %s)",
    async (name) => {
      await stopped("SIGKILL", 2, ["/stuck"], ["--name", name]);
      const lost = withoutLastRecord();
      linkSync(saved(lost.file), saved(".bulkget", `${lost.n}.part`));
      await resumes(lost, ["--name", name]);
    },
  );

  it("is replaced although its line was missing in the list of another run", async () => {
    await stopped("SIGKILL", 2, ["/stuck"]);
    const lost = withoutLastRecord();
    const list = readFileSync(folder.at("urls.txt"), "utf8");
    writeFileSync(folder.at("urls.txt"), list.replace(server.url(lost.path), "# for a while"));
    expect((await folder.run(["urls.txt"])).code).toBe(0);
    writeFileSync(folder.at("urls.txt"), list);
    await resumes(lost);
  });

  it("belongs to one of two lines with one {basename}, and the other line fails with file_exists", async () => {
    const lines = ["/a/same.txt", "/b/same.txt", "/stuck"].map(server.url);
    writeFileSync(folder.at("urls.txt"), `${lines.join("\n")}\n`);
    const name = ["--name", "{basename}{ext}"];
    await stopped("SIGKILL", 2, ["/stuck"], name);
    for (const lose of [true, false]) {
      if (lose) withoutLastRecord();
      const { code, stderr } = await folder.run(["urls.txt", ...name]);
      expect(code, stderr).toBe(1);
      const { files, records } = leftIn(saved());
      const [one, other, ...rest] = records;
      expect([one?.outcome, other?.outcome].sort()).toEqual(["failed", "saved"]);
      expect(one?.outcome === "failed" ? one : other).toMatchObject({ error: "file_exists" });
      const path = one?.outcome === "saved" ? "/a/same.txt" : "/b/same.txt";
      expect(files).toEqual({
        "same.txt": pageOf(path).toString("latin1"),
        "stuck.txt": pageOf("/stuck").toString("latin1"),
      });
      expect(rest).toMatchObject([{ outcome: "saved" }]);
    }
  });
});
