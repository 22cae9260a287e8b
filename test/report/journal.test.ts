// results.jsonl: one record a line, as the design writes it down, and never for what is not finished.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/core/job.ts";
import { journal } from "../../src/report/journal.ts";
import { recordOf } from "../../src/report/record.ts";
import { failed, saved } from "../core/outcomes.ts";
import { type Folder, temporaryFolder } from "../support/command.ts";
import { viewOf } from "./view.ts";

let folder: Folder;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, "results.jsonl");
});
afterEach(() => folder.remove());

async function written(...outcomes: Outcome[]): Promise<string> {
  const reporter = journal(path);
  for (const outcome of outcomes) await reporter.outcome(outcome);
  await reporter.end?.(viewOf([]));
  return readFileSync(path, "utf8");
}

describe("the journal", () => {
  it("has a line for every outcome, in order of completion", async () => {
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

  it("has none for what was stopped under way: that line stays open", async () => {
    expect(await written(failed({ error: "interrupted" }))).toBe("");
  });

  it("is not written over, but where it is a copy that may be", async () => {
    writeFileSync(path, "an earlier run\n");
    expect(() => journal(path)).toThrow("EEXIST");
    expect(readFileSync(path, "utf8")).toBe("an earlier run\n");
    await journal(path, true).end?.(viewOf([]));
    expect(readFileSync(path, "utf8")).toBe("");
  });
});

describe("a record", () => {
  it("is one line that reads back as the outcome, whatever is in it", () => {
    const anything = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(anything, anything, anything, (url, name, detail) => {
        const outcome = failed({ url, name, detail });
        const record = recordOf(outcome);
        expect(record.indexOf("\n")).toBe(record.length - 1);
        expect(JSON.parse(record)).toEqual(outcome);
      }),
    );
  });

  it("leaves out the body, which is in no record", () => {
    const outcome = saved({ body: new Uint8Array(3) });
    expect(Object.keys(JSON.parse(recordOf(outcome)) as object)).toEqual(Object.keys(saved()));
    expect(outcome.body).toHaveLength(3);
  });

  it("is each outcome's own, asked for in any order", () => {
    const [one, two] = [saved({ n: 1 }), saved({ n: 2 })];
    for (const outcome of [one, two, one, one, two]) expect(JSON.parse(recordOf(outcome))).toEqual(outcome);
  });
});
