// Compaction of the journal after a resumed run: one record per number, no record lost, all failures in failed.txt.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Failed, Outcome } from "../../src/core/job.ts";
import { serializeOutcome } from "../../src/core/serialize-outcome.ts";
import { compactJournal } from "../../src/journal/compact.ts";
import { type History, readHistory } from "../../src/journal/history.ts";
import { journalWriter } from "../../src/journal/writing/writer.ts";
import { failedFile, versionOf } from "../../src/report/failed-list.ts";
import { failed, saved } from "../core/outcomes.ts";
import { own, ownFolder } from "../support/own.ts";

const folder = ownFolder();
let path: string;
beforeEach(() => {
  path = folder.at("results.jsonl");
});

/** Path of the new journal before its rename. */
const part = () => folder.at("part");
const textOf = (outcomes: readonly Outcome[]) => outcomes.map(serializeOutcome).join("");
const content = () => readFileSync(path, "utf8");

/** Reads the journal. */
function read(text: string): History {
  writeFileSync(path, text);
  return own(readHistory(folder.path, path));
}

/** A resumed run that appends these outcomes to the journal. */
async function goOn(history: History, outcomes: readonly Outcome[]): Promise<void> {
  const onRecord = (outcome: Outcome, offset: number) => history.add(outcome, offset);
  const reporter = journalWriter(path, { fromBytes: history.bytes, onRecord });
  for (const outcome of outcomes) await reporter.outcome(outcome);
  await reporter.end();
}

function compacted(history: History): { failures: Failed[]; rewritten: boolean } {
  const failures: Failed[] = [];
  const { failed, rewritten, commit } = compactJournal(path, part(), history, (outcome) => void failures.push(outcome));
  commit();
  expect(failed).toBe(failures.length);
  expect(existsSync(part())).toBe(false);
  return { failures, rewritten };
}

describe("a journal without obsolete lines", () => {
  it("is left unchanged by compaction, which still reports its failures", async () => {
    const earlier = [saved({ n: 1, file: "gone" }), failed({ n: 2 }), failed({ n: 3, retryable: false })];
    const history = read(textOf(earlier));
    await goOn(history, [saved({ n: 4 }), failed({ n: 5 })]);
    const before = statSync(path);
    const { failures, rewritten } = compacted(history);
    expect(rewritten).toBe(false);
    expect(failures.map(({ n }) => n)).toEqual([2, 3, 5]);
    expect(statSync(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
  });
});

describe("a compacted journal", () => {
  it("has the last record of each number, in file order", async () => {
    const history = read(textOf([failed({ n: 1 }), saved({ n: 2 }), failed({ n: 3 }), failed({ n: 4 })]));
    await goOn(history, [saved({ n: 3 }), failed({ n: 1, detail: "again" }), failed({ n: 1, detail: "ünd noch mal" })]);
    const { failures } = compacted(history);
    const last = failed({ n: 1, detail: "ünd noch mal" });
    expect(content()).toBe(textOf([saved({ n: 2 }), failed({ n: 4 }), saved({ n: 3 }), last]));
    expect(failures).toEqual([failed({ n: 4 }), last]);
  });

  it("has no removed records and no unreadable lines, and ends with a line feed", () => {
    const last = serializeOutcome(saved({ n: 3 })).trimEnd();
    const history = read(`${textOf([saved({ n: 1 }), saved({ n: 2 })])}no json\n\0\0\n${last}`);
    history.remove(1);
    expect(compacted(history).rewritten).toBe(true);
    expect(content()).toBe(textOf([saved({ n: 2 }), saved({ n: 3 })]));
  });

  it("equals a simple model after any two runs with short and long records", async () => {
    const one = fc.record({
      n: fc.oneof(fc.nat(4), fc.constant(1e15 - 1)),
      url: fc.constantFrom("u", "https://example.org/ü"),
      isSaved: fc.boolean(),
      detail: fc.constantFrom("", "x", "y".repeat(70_000)),
    });
    const outcomeOf = ({ n, url, isSaved, detail }: { n: number; url: string; isSaved: boolean; detail: string }) =>
      isSaved ? saved({ n, url }) : failed({ n, url, detail });
    const short = fc.nat(4).map((n) => `{"n":${n},"url":"u","outcome":"failed","error":"internal"}\n`);
    const line = fc.oneof(
      short,
      one.map((event) => serializeOutcome(outcomeOf(event))),
    );
    const numberOf = (text: string) => (JSON.parse(text) as Outcome).n;
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(one), fc.array(fc.nat(4)), async (earlier, events, forgotten) => {
        const history = read(earlier.join(""));
        let model = earlier;
        for (const n of forgotten) {
          history.remove(n);
          model = model.filter((text) => numberOf(text) !== n);
        }
        await goOn(history, events.map(outcomeOf));
        model = [...model, ...events.map((event) => serializeOutcome(outcomeOf(event)))];
        const last = model.filter((text, i) => !model.slice(i + 1).some((later) => numberOf(later) === numberOf(text)));
        const { failures } = compacted(history);
        expect(content()).toBe(last.join(""));
        expect(failures).toEqual(last.map((text) => JSON.parse(text)).filter(({ outcome }) => outcome === "failed"));
        expect(read(content()).stale).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it("is complete if it is longer than one read and one write", () => {
    const texts = Array.from({ length: 30_000 }, (_, n) =>
      serializeOutcome(failed({ n, detail: `${n}`.repeat(1 + (n % 30)) })),
    );
    const long = serializeOutcome(failed({ n: 50_000, detail: "x".repeat(2_500_000) }));
    const history = read(texts.join("") + long + texts.slice(0, 10_000).join(""));
    expect(compacted(history).failures).toHaveLength(30_001);
    expect(content()).toBe(texts.slice(10_000).join("") + long + texts.slice(0, 10_000).join(""));
  });
});

it("a record that ends exactly at the end of a write keeps its line feed", () => {
  const first = serializeOutcome(failed({ n: 1 }));
  const empty = serializeOutcome(failed({ n: 2, detail: "" }));
  for (const over of [-1, 0, 1]) {
    const second = serializeOutcome(
      failed({ n: 2, detail: "x".repeat(1_048_576 - first.length - empty.length + over) }),
    );
    compacted(read(`no json\n${first}${second}`));
    expect(content() === first + second).toBe(true);
  }
});

describe("the new journal of a compaction", () => {
  const twice = textOf([failed({ n: 1, detail: "first" }), failed({ n: 1 })]);

  it("is not written through a planted link, and replaces the file of a killed run", () => {
    const victim = folder.at("victim");
    writeFileSync(victim, "mine");
    symlinkSync(victim, part());
    compacted(read(twice));
    expect(readFileSync(victim, "utf8")).toBe("mine");
    writeFileSync(part(), "left");
    compacted(read(twice));
    expect(content()).toBe(serializeOutcome(failed({ n: 1 })));
  });

  it("leaves the old journal unchanged if it cannot be created or completed", () => {
    const history = read(twice);
    const breakOff = () => {
      throw new Error("disk full");
    };
    expect(() => compactJournal(path, part(), history, breakOff)).toThrow("disk full");
    expect(readdirSync(folder.path)).toEqual(["results.jsonl"]);
    mkdirSync(part());
    expect(() => compactJournal(path, part(), history)).toThrow();
    expect(content()).toBe(twice);
  });

  it("is rejected if a record of the history is missing in it", () => {
    const history = read(twice);
    history.add(saved({ n: 2 }), history.bytes);
    expect(() => compactJournal(path, part(), history)).toThrow("holds 1 records of 2: left as it is");
    expect(content()).toBe(twice);
    appendFileSync(path, serializeOutcome(saved({ n: 2 })));
    compacted(history);
    expect(content()).toBe(textOf([failed({ n: 1 }), saved({ n: 2 })]));
  });
});

describe("failed.txt after a resumed run", () => {
  const list = () => folder.at("failed.txt");

  it("has the failures of all runs, and is removed when none is left", async () => {
    const history = read(
      textOf([failed({ n: 1, url: "http://a/", retryable: false }), failed({ n: 2, url: "http://b/" })]),
    );
    await goOn(history, [saved({ n: 2, url: "http://b/" }), failed({ n: 3, url: "http://c/", name: "c.txt" })]);
    const file = failedFile(list(), `${part()}2`, undefined);
    compactJournal(path, part(), history, file.add).commit();
    expect(file.end()).toBeUndefined();
    expect(readFileSync(list(), "utf8")).toBe("http://a/\t000001\nhttp://c/\tc.txt\tn=3\n");

    const next = read(content());
    await goOn(next, [saved({ n: 1, url: "http://a/" }), saved({ n: 3, url: "http://c/" })]);
    const none = failedFile(list(), `${part()}2`, versionOf(list()));
    compactJournal(path, part(), next, none.add).commit();
    expect(none.end()).toBeUndefined();
    expect(existsSync(list())).toBe(false);
  });
});
