// The journal writer: one record per line, for finished lines only.
import { readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { serializeOutcome } from "../../../src/core/serialize-outcome.ts";
import { journalWriter } from "../../../src/journal/writing/writer.ts";
import { failed, saved } from "../../core/outcomes.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
let path: string;
beforeEach(() => {
  path = folder.at("results.jsonl");
});

async function written(...outcomes: Outcome[]): Promise<string> {
  const reporter = journalWriter(path);
  for (const outcome of outcomes) await reporter.outcome(outcome);
  await reporter.end();
  return readFileSync(path, "utf8");
}

describe("the journal writer", () => {
  it("writes one line per outcome, in order of completion", async () => {
    const text = await written(
      saved({ n: 2, file: "000002.html", type: "text/html" }),
      failed({ n: 1, error: "http_status", detail: "503 Service Unavailable", status: 503 }),
    );
    expect(text).toMatchInlineSnapshot(`
      "{"n":2,"url":"https://example.org/a.html","outcome":"saved","status":200,"bytes":100,"attempts":1,"ttfb_ms":4,"total_ms":10,"time":"2026-01-01T00:00:00.000Z","file":"000002.html","type":"text/html"}
      {"n":1,"url":"https://example.org/a.html","outcome":"failed","error":"http_status","detail":"503 Service Unavailable","retryable":true,"attempts":1,"total_ms":10,"time":"2026-01-01T00:00:00.000Z","status":503}
      "
    `);
  });

  it("writes no record for an interrupted line", async () => {
    expect(await written(failed({ error: "interrupted" }))).toBe("");
  });

  it("overwrites an existing file only with the option replace", async () => {
    writeFileSync(path, "an earlier run\n");
    expect(() => journalWriter(path)).toThrow("EEXIST");
    expect(readFileSync(path, "utf8")).toBe("an earlier run\n");
    await journalWriter(path, { replace: true }).end();
    expect(readFileSync(path, "utf8")).toBe("");
  });
});

describe("a journal that is appended to", () => {
  it("keeps its first bytes, is truncated after them, and reports the offset of each new record", async () => {
    const first = serializeOutcome(saved({ n: 1, url: "https://example.org/ü日本😀" }));
    writeFileSync(path, `${first}{"n":2,"torn`);
    const told: [number, number][] = [];
    const fromBytes = Buffer.byteLength(first);
    const reporter = journalWriter(path, { fromBytes, onRecord: ({ n }, offset) => void told.push([n, offset]) });
    const outcomes = [
      saved({ n: 3, url: "https://example.org/é" }),
      failed({ n: 4, error: "interrupted" }),
      failed({ n: 5 }),
    ];
    for (const outcome of outcomes) await reporter.outcome(outcome);
    await reporter.end();
    const bytes = readFileSync(path);
    expect(bytes.toString()).toBe(
      first + serializeOutcome(saved({ n: 3, url: "https://example.org/é" })) + serializeOutcome(failed({ n: 5 })),
    );
    expect(told.map(([n]) => n)).toEqual([3, 5]);
    for (const [n, offset] of told) expect(bytes.toString("utf8", offset)).toMatch(new RegExp(`^\\{"n":${n},`));
  });

  it("gets a line feed after its last record if that is missing", async () => {
    const first = serializeOutcome(saved({ n: 1 })).trimEnd();
    writeFileSync(path, first);
    const offsets: number[] = [];
    const onRecord = (_: Outcome, offset: number) => void offsets.push(offset);
    const reporter = journalWriter(path, { fromBytes: first.length, onRecord });
    await reporter.outcome(failed({ n: 2 }));
    await reporter.end();
    expect(readFileSync(path, "utf8")).toBe(`${first}\n${serializeOutcome(failed({ n: 2 }))}`);
    expect(offsets).toEqual([first.length + 1]);
  });

  it("must exist and must not be a link", () => {
    expect(() => journalWriter(path, { fromBytes: 0 })).toThrow("ENOENT");
    const victim = folder.at("victim");
    writeFileSync(victim, "mine");
    symlinkSync(victim, path);
    expect(() => journalWriter(path, { fromBytes: 0 })).toThrow("ELOOP");
    expect(readFileSync(victim, "utf8")).toBe("mine");
  });
});

describe("a sync of the journal", () => {
  it("writes buffered records before it settles, and later records follow", async () => {
    const reporter = journalWriter(path, { syncedFolder: folder.path });
    reporter.start();
    await reporter.outcome(saved({ n: 1 }));
    const syncing = reporter.sync();
    await reporter.outcome(saved({ n: 2 }));
    await syncing;
    expect(readFileSync(path, "utf8")).toContain(serializeOutcome(saved({ n: 1 })));
    await reporter.outcome(saved({ n: 3 }));
    void reporter.sync(); // the end waits for it
    await reporter.end();
    expect(readFileSync(path, "utf8")).toBe([1, 2, 3].map((n) => serializeOutcome(saved({ n }))).join(""));
  });
});

describe("a started journal writer", () => {
  it("checks its file at the end, reports a problem once, and is complete afterwards", async () => {
    const problems: string[] = [];
    const onProblem = (problem: string) => void problems.push(problem);
    const reporter = journalWriter(path, { isJournal: () => false, onProblem });
    expect(reporter).toMatchObject({ isStarted: false, isComplete: false });
    reporter.start();
    await reporter.outcome(saved({ n: 1 }));
    rmSync(path);
    expect(reporter).toMatchObject({ isStarted: true, isComplete: false });
    await reporter.end();
    expect(reporter).toMatchObject({ isStarted: true, isComplete: true });
    expect(problems).toEqual([expect.stringContaining("was removed while the run was on")]);
    expect(readFileSync(path, "utf8")).toBe(serializeOutcome(saved({ n: 1 })));
  });
});

describe("a journal record", () => {
  it("is one line that parses to its outcome, for any outcome", () => {
    const anything = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(anything, anything, anything, (url, name, detail) => {
        const outcome = failed({ url, name, detail });
        const record = serializeOutcome(outcome);
        expect(record.indexOf("\n")).toBe(record.length - 1);
        expect(JSON.parse(record)).toEqual(outcome);
      }),
    );
  });

  it("omits the body", () => {
    const outcome = saved({ body: new Uint8Array(3) });
    expect(Object.keys(JSON.parse(serializeOutcome(outcome)) as object)).toEqual(Object.keys(saved()));
    expect(outcome.body).toHaveLength(3);
  });

  it("is correct for each outcome, serialized in any order", () => {
    const [one, two] = [saved({ n: 1 }), saved({ n: 2 })];
    for (const outcome of [one, two, one, one, two]) expect(JSON.parse(serializeOutcome(outcome))).toEqual(outcome);
  });
});
