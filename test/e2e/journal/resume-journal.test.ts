// A run resumes from a truncated or damaged journal: its intact records count.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { assert, asyncProperty, integer } from "fast-check";
import { describe, expect, it } from "vitest";
import { shell } from "../../support/command.ts";
import { runsAgain, TEN } from "../../support/folders/again.ts";
import { journalOf, leftIn } from "../../support/site.ts";

const { server, at, saved, list, run, fresh } = runsAgain();

describe("a run resumes from a journal", () => {
  it("whose last record is truncated anywhere, and fetches only that line again", async () => {
    list(TEN);
    await run();
    const done = leftIn(saved());
    const whole = readFileSync(saved("results.jsonl"));
    const last = whole.lastIndexOf("\n", whole.length - 2) + 1;
    server.asked();
    await assert(
      asyncProperty(integer({ min: 1, max: whole.length - last }), async (cut) => {
        truncateSync(saved("results.jsonl"), whole.length - cut);
        // As a killed run leaves it: files since its start may have no record.
        mkdirSync(saved(".bulkget"), { recursive: true });
        writeFileSync(saved(".bulkget/since"), "");
        utimesSync(saved(".bulkget/since"), 0, 0);
        const { code, stderr } = await run();
        expect(code, stderr).toBe(0);
        // Where only the line feed is missing, the record is intact.
        expect(server.asked()).toHaveLength(cut === 1 ? 0 : 1);
        if (cut > 1 && cut < whole.length - last) expect(stderr).toContain("a torn last record dropped");
        expect(leftIn(saved())).toEqual(done);
        writeFileSync(saved("results.jsonl"), whole);
      }),
      { numRuns: 8, examples: [[1], [2], [whole.length - last], [whole.length - last - 1]] },
    );
  });

  it("with junk in the middle, which is reported and moved to results.jsonl.foreign", async () => {
    list(TEN);
    await run();
    const done = leftIn(saved());
    const lines = readFileSync(saved("results.jsonl"), "utf8").trimEnd().split("\n");
    lines.splice(3, 0, '{"n":4,"url":', "\u0000\u0000\u0000", "", "[1]", "x".repeat(70_000));
    writeFileSync(saved("results.jsonl"), `${lines.join("\n")}\n`);
    server.asked();
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("1 torn record left out\n");
    expect(stderr).toContain("2 lines of the journal are no records: now in downloads/results.jsonl.foreign\n");
    const foreign = saved("results.jsonl.foreign");
    expect(readFileSync(foreign, "utf8")).toBe(`[1]\n${"x".repeat(70_000)}\n`);
    rmSync(foreign);
    expect(stderr).toContain("10 saved earlier, 0 to do");
    expect(server.asked()).toEqual([]);
    expect(leftIn(saved())).toEqual(done);
  });

  it("that a size limit cut off after a whole record", async () => {
    const lines = Array.from({ length: 300 }, (_, i) => `/${i + 1}`);
    list(lines);
    // The journal is the only file that would exceed 16 KiB.
    const { code, stderr } = await shell("ulimit -f 16; bulkget urls.txt -q", { cwd: at() });
    expect(code, stderr).toBe(3);
    expect(journalOf(saved()).length).toBeGreaterThan(10);
    const again = await run();
    expect(again.code, again.stderr).toBe(0);
    expect(again.stderr).not.toContain("torn");
    expect(leftIn(saved())).toEqual(await fresh());
  });

  it("that is empty", async () => {
    list(TEN);
    mkdirSync(saved());
    writeFileSync(saved("results.jsonl"), "");
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(leftIn(saved())).toEqual(await fresh());
  });

  it("unless it has a newer format, which is refused and left unchanged", async () => {
    list(TEN);
    await run();
    appendFileSync(saved("results.jsonl"), `{"n":11,"url":"${server.url("/x")}","outcome":"postponed"}\n`);
    const journal = readFileSync(saved("results.jsonl"), "utf8");
    server.asked();
    const { code, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toContain('results.jsonl:11: outcome "postponed", which only a newer bulkget knows');
    expect(server.asked()).toEqual([]);
    expect(readFileSync(saved("results.jsonl"), "utf8")).toBe(journal);
    expect(existsSync(saved(".bulkget"))).toBe(false);
  });
});
