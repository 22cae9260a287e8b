// The commit of a chunk: the first attempt wins, what a killed worker has left is finished, and no other file is replaced.

import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { commit, committedPath, settleChunk } from "../../../src/app/fleet/commit/commit.ts";
import { claimName, releaseNames } from "../../../src/app/fleet/commit/name-claims.ts";
import { makeAttempt, prepareFleetFolder } from "../../../src/app/fleet/plan.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
const notes: string[] = [];
const options = () => ({
  folder: folder.path,
  chunk: 1,
  isSynced: true,
  note: (text: string) => void notes.push(text),
});
const linesOf = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly outcome: string; readonly file?: string });

beforeEach(() => {
  notes.length = 0;
  prepareFleetFolder(folder.path);
});

/** An attempt that has saved 20 lines, each with this text. */
function attemptOf(text: string): string {
  const path = makeAttempt(folder.at(".bulkget"), "c000001", 1);
  const records = Array.from({ length: 20 }, (_, i) => {
    writeFileSync(`${path}/${i + 1}.txt`, text);
    const about = {
      n: i + 1,
      url: "http://x/",
      outcome: "saved",
      status: 200,
      bytes: text.length,
      file: `${i + 1}.txt`,
    };
    return JSON.stringify({ ...about, attempts: 1, total_ms: 1, time: "2026-11-30T00:00:00.000Z" });
  });
  writeFileSync(`${path}/results.jsonl`, `${records.join("\n")}\n`);
  return path;
}

function expectFilesOf(text: string): void {
  for (let n = 1; n <= 20; n++) expect(readFileSync(folder.at(`${n}.txt`), "utf8")).toBe(text);
  for (const { outcome, file } of linesOf(readFileSync(committedPath(folder.path, 1), "utf8")))
    expect([outcome, existsSync(folder.at(file ?? ""))]).toEqual(["saved", true]);
  expect(readdirSync(folder.at(".bulkget")).filter((name) => name !== "names")).toEqual([]);
}

describe("a chunk", () => {
  it("takes no name of the results of a chunk for a body", async () => {
    const attempt = makeAttempt(folder.at(".bulkget"), "c000002", 1);
    const file = "results/000/000001.jsonl";
    mkdirSync(`${attempt}/results/000`, { recursive: true });
    writeFileSync(`${attempt}/${file}`, "a body");
    const record = {
      n: 21,
      url: "http://x/",
      name: file,
      outcome: "saved",
      status: 200,
      bytes: 6,
      file,
      attempts: 1,
      total_ms: 1,
    };
    writeFileSync(`${attempt}/results.jsonl`, `${JSON.stringify({ ...record, time: "2026-11-30T00:00:00.000Z" })}\n`);
    expect((await commit(attempt, { ...options(), chunk: 2 }))?.tally).toMatchObject({ saved: 0, failed: 1 });
    expect((await commit(attemptOf("one"), options()))?.tally.saved).toBe(20);
    expectFilesOf("one");
  });

  it("that two attempts commit at once has the files and records of one of them", async () => {
    const [one, other] = [attemptOf("one"), attemptOf("other")];
    const results = await Promise.all([commit(one, options()), commit(other, options())]);
    expect(results.map((result) => result?.tally.saved)).toEqual(
      results[0] === undefined ? [undefined, 20] : [20, undefined],
    );
    await settleChunk(options());
    expectFilesOf(results[0] === undefined ? "other" : "one");
    expect(notes).toEqual([]);
  });

  it("whose worker was killed between the commit and its end is finished by another", async () => {
    const [winner] = [attemptOf("winner"), attemptOf("loser")];
    mkdirSync(folder.at("results/000"));
    linkSync(`${winner}/results.jsonl`, committedPath(folder.path, 1));
    renameSync(`${winner}/1.txt`, folder.at("1.txt"));
    linkSync(`${winner}/2.txt`, folder.at("2.txt"));
    const results = await settleChunk(options());
    expect(results?.tally.saved).toBe(20);
    expectFilesOf("winner");
  });

  it("that is not committed is not settled", async () => {
    attemptOf("one");
    expect(await settleChunk(options())).toBeUndefined();
    expect(existsSync(folder.at("1.txt"))).toBe(false);
  });

  it("keeps a body whose name another file got after the commit, and says so", async () => {
    const winner = attemptOf("winner");
    mkdirSync(folder.at("results/000"));
    linkSync(`${winner}/results.jsonl`, committedPath(folder.path, 1));
    writeFileSync(folder.at("3.txt"), "mine");
    await settleChunk(options());
    expect(readFileSync(folder.at("3.txt"), "utf8")).toBe("mine");
    expect(readFileSync(`${winner}/3.txt`, "utf8")).toBe("winner");
    expect(notes).toEqual([`${folder.at("3.txt")}: another file got this name meanwhile: the body is ${winner}/3.txt`]);
  });

  it("gets no name of its list that another chunk is about to give to a file", async () => {
    const attempt = attemptOf("one");
    const text = readFileSync(`${attempt}/results.jsonl`, "utf8").replace(
      '"file":"5.txt"',
      '"file":"5.txt","name":"5.txt"',
    );
    writeFileSync(`${attempt}/results.jsonl`, text);
    expect(claimName(folder.path, "5.txt", 2)).toBe(true);
    expect((await commit(attempt, options()))?.tally).toMatchObject({ saved: 19, failed: 1 });
    expect(existsSync(folder.at("5.txt"))).toBe(false);
    releaseNames(folder.path, ["5.txt"], 2);
    expect(readdirSync(folder.at(".bulkget"), { recursive: true })).toEqual(["names"]);
  });

  it("gets no number's name that another chunk's list has claimed, whether or not the folder was empty", async () => {
    const attempt = attemptOf("one");
    expect(claimName(folder.path, "5.txt", 2)).toBe(true);
    expect((await commit(attempt, { ...options(), wasEmpty: true }))?.tally).toMatchObject({ saved: 19, failed: 1 });
    expect(existsSync(folder.at("5.txt"))).toBe(false);
  });

  it("gets no name of its list that a line of another chunk has by its number", async () => {
    attemptOf("one"); // is not committed yet, and does not know the claim
    const attempt = makeAttempt(folder.at(".bulkget"), "c000002", 1);
    writeFileSync(`${attempt}/5.txt`, "other");
    const about = { n: 21, url: "http://x/", name: "5.txt", outcome: "saved", status: 200, bytes: 5, file: "5.txt" };
    const record = { ...about, attempts: 1, total_ms: 1, time: "2026-11-30T00:00:00.000Z" };
    writeFileSync(`${attempt}/results.jsonl`, `${JSON.stringify(record)}\n`);
    expect((await commit(attempt, { ...options(), chunk: 2 }))?.tally).toMatchObject({ saved: 0, failed: 1 });
    expect(existsSync(folder.at("5.txt"))).toBe(false);
  });

  it("looks only for names of its list in a folder that was empty when the list was enqueued", async () => {
    const attempt = attemptOf("one");
    writeFileSync(folder.at("3.txt"), "of an attempt whose results were removed");
    expect((await commit(attempt, { ...options(), wasEmpty: true }))?.tally.saved).toBe(20);
    expectFilesOf("one");
  });

  it("fails only the lines whose names other files have", async () => {
    const attempt = attemptOf("one");
    writeFileSync(folder.at("3.txt"), "mine");
    writeFileSync(folder.at("4.txt"), "one");
    const results = await commit(attempt, options());
    expect([results?.tally.saved, results?.tally.failed]).toEqual([19, 1]);
    expect(readFileSync(folder.at("3.txt"), "utf8")).toBe("mine");
    const records = linesOf(readFileSync(committedPath(folder.path, 1), "utf8"));
    expect(records.filter(({ outcome }) => outcome === "failed")).toMatchObject([{ n: 3, error: "file_exists" }]);
  });
});
