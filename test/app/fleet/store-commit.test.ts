// The commit of a chunk into an object store: one result counts, whatever the store does with If-None-Match.

import { existsSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FleetOutput } from "../../../src/app/fleet/commit/fleet-output.ts";
import { storeFleetOutput } from "../../../src/app/fleet/commit/store-commit.ts";
import { storeAddress } from "../../../src/store/address.ts";
import { own, ownFolder } from "../../support/own.ts";
import { type S3Stub, s3Stub } from "../../support/servers/s3-stub.ts";
import { storeEnv } from "../../support/servers/store-env.ts";

const folder = ownFolder();
let store: S3Stub;
const notes: string[] = [];
const RECORD = {
  ...{ run: "0123abcd", lists: ["/urls.txt"], chunkLines: 20, shardBy: "line" as const, format: "files" as const },
  ...{ name: "{n:6}{ext}", begin: "2026-11-30T00:00:00.000Z" },
};
const LINES = 20;
const RESULTS = "a/results/000/000001.jsonl";
const SLOW_DOWN = { status: 503, code: "SlowDown", message: "Please reduce your request rate." };

beforeEach(async () => {
  notes.length = 0;
  store = own(await s3Stub());
  for (const [name, value] of Object.entries(storeEnv(store))) vi.stubEnv(name, value);
});

/** The output, as a worker on a machine of its own has opened it. */
async function workerOn(machine: string): Promise<FleetOutput> {
  const place = { folder: "s3://books/a/", store: storeAddress("s3://books/a"), isSynced: false };
  const output = own(
    storeFleetOutput(place.store, { ...place, state: folder.at(machine), note: (text) => void notes.push(text) }),
  );
  await output.record();
  return output;
}

async function enqueued(): Promise<void> {
  await (await workerOn("enqueue")).putRecord(RECORD);
}

/** An attempt that has put 20 objects with this text, and one that it did not record. */
function attemptOf(output: FleetOutput, text: string): string {
  const path = output.begin(1, 1);
  const id = basename(path);
  const put = (n: number) => store.objects.set(`a/${id}/${n}.txt`, { body: Buffer.from(text), type: undefined });
  const records = Array.from({ length: LINES }, (_, i) => {
    put(i + 1);
    const about = { n: i + 1, url: "http://x/", outcome: "saved", status: 200, bytes: text.length };
    const file = `${id}/${i + 1}.txt`;
    return JSON.stringify({ ...about, file, attempts: 1, total_ms: 1, time: "2026-11-30T00:00:00.000Z" });
  });
  put(LINES + 1);
  writeFileSync(`${path}/results.jsonl`, `${records.join("\n")}\n`);
  return path;
}

function expectObjectsOf(text: string): void {
  const lines = store.objects.get(RESULTS)?.body.toString().trimEnd().split("\n") ?? [];
  expect(lines).toHaveLength(LINES);
  for (const line of lines) {
    const { file } = JSON.parse(line) as { readonly file: string };
    expect(store.objects.get(`a/${file}`)?.body.toString()).toBe(text);
  }
}

const bodies = () => [...store.objects.keys()].filter((key) => key.startsWith("a/c"));

describe.each([
  { condition: "honoured" as const },
  { condition: "refused" as const },
  { condition: "ignored" as const },
])("a chunk in a store where If-None-Match is $condition", ({ condition }) => {
  beforeEach(() => {
    store.condition = condition;
  });

  it("has the results and objects of one of two attempts that are committed at once", async () => {
    await enqueued();
    expect(notes.some((text) => text.includes("does not know If-None-Match"))).toBe(condition !== "honoured");
    for (let i = 0; i < 5; i++) {
      store.objects.delete(RESULTS);
      for (const key of bodies()) store.objects.delete(key);
      const [one, other] = [await workerOn("one"), await workerOn("other")];
      const attempts = [attemptOf(one, "one"), attemptOf(other, "other")] as const;
      store.hold = 2; // both have seen that there are no results before one of them puts its own
      const ends = await Promise.all([one.commit(1, attempts[0]), other.commit(1, attempts[1])]);
      const isOnes = store.objects.get(RESULTS)?.body.toString().includes(basename(attempts[0])) === true;
      expectObjectsOf(isOnes ? "one" : "other");
      expect(ends[isOnes ? 0 : 1]?.tally.saved).toBe(LINES);
      if (condition === "honoured") {
        expect(ends[isOnes ? 1 : 0]).toBeUndefined();
        expect(bodies()).toHaveLength(LINES);
      }
      expect(attempts.map((path) => existsSync(path))).toEqual([false, false]);
    }
  });

  it("is lost to an attempt that comes later, whose objects are removed", async () => {
    await enqueued();
    const [one, other] = [await workerOn("one"), await workerOn("other")];
    const attempts = [attemptOf(one, "one"), attemptOf(other, "other")] as const;
    expect((await one.commit(1, attempts[0]))?.tally.saved).toBe(LINES);
    expect(await other.commit(1, attempts[1])).toBeUndefined();
    expect((await other.settle(1))?.tally.saved).toBe(LINES);
    expectObjectsOf("one");
    expect(bodies().filter((key) => key.includes(basename(attempts[1])))).toEqual([]);
  });

  it("has all objects of its results where an attempt of the same machine puts its own late", async () => {
    await enqueued();
    const [one, other] = [await workerOn("one"), await workerOn("one")];
    const attempts = [attemptOf(one, "one"), attemptOf(other, "other")] as const;
    let isHeld = true;
    store.fault = ({ method, key, body }) =>
      isHeld && method === "PUT" && key === RESULTS && body.includes(basename(attempts[0])) ? "reset" : undefined;
    const late = one.commit(1, attempts[0]);
    await other.commit(1, attempts[1]);
    isHeld = false;
    await late;
    const isOnes = store.objects.get(RESULTS)?.body.toString().includes(basename(attempts[0])) === true;
    expectObjectsOf(isOnes ? "one" : "other");
  });

  it("is the attempt's own where the answer to its results was lost", async () => {
    await enqueued();
    const one = await workerOn("one");
    const attempt = attemptOf(one, "one");
    let puts = 0;
    store.fault = ({ method, key }) => (method === "PUT" && key === RESULTS && ++puts === 1 ? "reset late" : undefined);
    expect((await one.commit(1, attempt))?.tally.saved).toBe(LINES);
    expectObjectsOf("one");
  });
});

it("removes what killed workers have put at a committed chunk, where results are never replaced", async () => {
  await enqueued();
  const [dead, one] = [await workerOn("dead"), await workerOn("one")];
  attemptOf(dead, "dead");
  await one.commit(1, attemptOf(one, "one"));
  expectObjectsOf("one");
  expect(bodies()).toHaveLength(LINES);
  await dead.settle(1);
  expect(existsSync(folder.at("dead"))).toBe(true);
  expectObjectsOf("one");
});

it("refuses a prefix with objects of others, and another enqueue that has just begun", async () => {
  store.objects.set("a/mine.txt", { body: Buffer.from("mine"), type: undefined });
  const output = await workerOn("one");
  await expect(output.claim()).rejects.toThrow("has objects, such as a/mine.txt, and no run of a fleet");
  await enqueued();
  await (await workerOn("one")).claim();
  await expect(output.putRecord({ ...RECORD, run: "ffffffff" })).rejects.toThrow(
    "another enqueue has just begun there",
  );
});

it("goes on with the record of an enqueue that was killed before it knew what the store does with If-None-Match", async () => {
  store.objects.set("a/.bulkget/fleet.json", { body: Buffer.from(`${JSON.stringify(RECORD)}\n`), type: undefined });
  const output = await workerOn("enqueue");
  const before = await output.record();
  expect((await output.putRecord({ ...RECORD, ...before })).isConditional).toBe(true);
  expect((await (await workerOn("one")).record())?.isConditional).toBe(true);
});

it("knows that a store honours If-None-Match although the connection broke once", async () => {
  const output = await workerOn("enqueue");
  let puts = 0;
  store.fault = ({ method, key }) =>
    method === "PUT" && key === "a/.bulkget/fleet.json" && ++puts === 2 ? "reset" : undefined;
  expect((await output.putRecord(RECORD)).isConditional).toBe(true);
  expect(notes).toEqual([]);
});

it("commits a downloaded chunk although the store refuses to list for some seconds", async () => {
  await enqueued();
  const one = await workerOn("one");
  let left = 5;
  store.fault = ({ method, key }) => (method === "GET" && key === "" && left-- > 0 ? SLOW_DOWN : undefined);
  expect((await one.commit(1, attemptOf(one, "one")))?.tally.saved).toBe(LINES);
  expect(left).toBeLessThan(0);
});
