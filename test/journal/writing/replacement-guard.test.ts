// The journal file is replaced, removed or truncated during a run: what is reported, and where the records are afterwards.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { serializeOutcome } from "../../../src/core/serialize-outcome.ts";
import { journalWriter } from "../../../src/journal/writing/writer.ts";
import { saved } from "../../core/outcomes.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
let path: string;
beforeEach(() => {
  mkdirSync(folder.at("out"));
  path = folder.at("out", "results.jsonl");
});

const isJournal = (file: string) => /^(\{|$)/.test(readFileSync(file, "utf8"));
const numbersIn = (file: string) =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as Outcome).n);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe("a guarded journal", () => {
  it("reports nothing if no one touches its file, new or appended to", async () => {
    for (const fromBytes of [undefined, 0]) {
      const records = journalWriter(path, { isJournal, ...(fromBytes === undefined ? {} : { fromBytes }) });
      for (const n of upTo(3)) {
        void records.outcome(saved({ n }));
        expect(records.check()).toBeUndefined();
      }
      await records.end();
      expect([records.problem, records.recordsPath]).toEqual([undefined, path]);
      expect(numbersIn(path)).toEqual(upTo(3));
    }
  });

  it("is written again, with earlier runs' records, at the first check after each removal", async () => {
    writeFileSync(path, serializeOutcome(saved({ n: 1 })));
    const fromBytes = readFileSync(path).length;
    const records = journalWriter(path, { isJournal, fromBytes });
    for (const n of [2, 3, 4]) {
      void records.outcome(saved({ n }));
      expect(records.check()).toBeUndefined();
      rmSync(path);
      expect(records.check()).toBe(`${path} was removed while the run was on: it was written again`);
      expect(records.check()).toBeUndefined();
      expect(numbersIn(path)).toEqual(upTo(n)); // whatever becomes of this process
    }
    void records.outcome(saved({ n: 5 }));
    await records.end();
    expect(numbersIn(path)).toEqual(upTo(5));
    expect(records.problem?.split("; ")).toHaveLength(3);
  });

  it("reports once that another program changed its length, and appends at its end", async () => {
    const records = journalWriter(path, { isJournal });
    void records.outcome(saved({ n: 1 }));
    records.flush();
    truncateSync(path, 0);
    expect(records.check()).toContain("was cut off");
    void records.outcome(saved({ n: 2 }));
    expect(records.check()).toBeUndefined();
    writeFileSync(path, serializeOutcome(saved({ n: 3 })), { flag: "a" });
    expect(records.check()).toContain("was written to by another program");
    void records.outcome(saved({ n: 4 }));
    await records.end();
    expect(numbersIn(path)).toEqual([2, 3, 4]);
  });

  it("is kept beside another program's file, also if that appears and disappears", async () => {
    const records = journalWriter(path, { isJournal });
    void records.outcome(saved({ n: 1 }));
    records.check();
    rmSync(path);
    writeFileSync(path, "mine");
    writeFileSync(`${path}.rescued`, "mine, too");
    expect(records.check()).toContain(`its records are in ${path}.rescued2`);
    void records.outcome(saved({ n: 2 }));
    rmSync(path);
    expect(records.check()).toBeUndefined();
    await records.end();
    expect(records.recordsPath).toBe(`${path}.rescued2`);
    expect(numbersIn(`${path}.rescued2`)).toEqual([1, 2]);
  });

  it("is not written elsewhere if its folder is gone", async () => {
    const records = journalWriter(path, { isJournal });
    void records.outcome(saved({ n: 1 }));
    records.check();
    renameSync(folder.at("out"), folder.at("moved"));
    mkdirSync(folder.at("out"));
    expect(records.check()).toBe(`${folder.at("out")} was moved or removed while the run was on`);
    void records.outcome(saved({ n: 2 }));
    await records.end();
    expect(records.recordsPath).toBeUndefined();
    expect(readdirSync(folder.at("out"))).toEqual([]);
    expect(numbersIn(folder.at("moved", "results.jsonl"))).toEqual([1, 2]);
  });

  it("has every record in the end, after any changes by name and any checks", async () => {
    const edit = (keep: (line: string) => boolean) => {
      const lines = readFileSync(path, "utf8").split(/(?<=\n)/);
      writeFileSync(`${path}.edit`, lines.filter(keep).join(""));
      renameSync(`${path}.edit`, path);
    };
    const acts: Record<string, () => void> = {
      remove: () => rmSync(path, { force: true }),
      moveAway: () => renameSync(path, `${path}.old`),
      edit: () => edit(() => true),
      halve: () => edit((line) => line.length % 2 === 0),
      empty: () => {
        rmSync(path, { force: true });
        writeFileSync(path, "");
      },
      cutEnd: () => {
        const text = readFileSync(path, "utf8");
        rmSync(path);
        writeFileSync(path, text.trimEnd());
      },
    };
    const step = fc.oneof(fc.constant("record"), fc.constant("look"), fc.constantFrom(...Object.keys(acts)));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        rmSync(path, { force: true });
        const records = journalWriter(path, { isJournal });
        let n = 0;
        for (const one of steps) {
          if (one === "record") void records.outcome(saved({ n: ++n, detail: "x".repeat(n) } as object));
          else if (one === "look") records.check();
          else {
            try {
              acts[one]?.();
            } catch {
              // There is no file just now.
            }
          }
        }
        await records.end();
        expect(new Set(numbersIn(path))).toEqual(new Set(upTo(n)));
        expect(records.recordsPath).toBe(path);
      }),
      { numRuns: 300 },
    );
  });
});
