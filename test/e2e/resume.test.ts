// The same command goes on where it stopped: nothing is fetched twice, and a list that has changed is noticed.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { gzipSync } from "node:zlib";
import { assert, asyncProperty, integer } from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Ran } from "../support/command.ts";
import { ownFolder, ownSite } from "../support/own.ts";
import { body, journalOf, type LeftBehind, leftIn, pageOf, status } from "../support/site.ts";

const server = ownSite();
const folder = ownFolder();

const { at } = folder;
const saved = (...more: string[]) => at("downloads", ...more);
const TEN = Array.from({ length: 10 }, (_, i) => `/page-${i + 1}`);

/** Writes the list, a path or a whole line each. */
function list(lines: readonly string[], name = "urls.txt"): void {
  const urls = lines.map((line) => (line.startsWith("/") ? server.url(line) : line));
  folder.list(urls, name);
}

function run(...args: string[]): Promise<Ran> {
  return folder.run(["urls.txt", ...args]);
}

/** What a run of the present list leaves in a folder that was empty. */
async function fresh(...args: string[]): Promise<LeftBehind> {
  const { code, stderr } = await run("-o", "fresh", ...args);
  expect([0, 1], stderr).toContain(code);
  server.asked();
  return leftIn(at("fresh"));
}

/** Runs a list to its end, then another one in the same folder; gives what was fetched for that one. */
async function changed(before: readonly string[], after: readonly string[], ...args: string[]): Promise<string[]> {
  list(before);
  expect((await run(...args)).code).toBe(0);
  server.asked();
  list(after);
  const { code, stderr } = await run(...args);
  expect(code, stderr).toBe(0);
  const asked = server.asked();
  expect(leftIn(saved())).toEqual(await fresh(...args));
  return asked;
}

describe("the same list again", () => {
  it("fetches nothing twice, and leaves everything as it was", async () => {
    list(TEN);
    expect((await run()).code).toBe(0);
    expect(server.asked()).toEqual([...TEN].sort());
    const before = leftIn(saved());
    const journal = readFileSync(saved("results.jsonl"));
    const { code, stderr } = await run();
    expect(code).toBe(0);
    expect(stderr).toContain("resuming: 10 saved earlier, 0 to do\n");
    expect(server.asked()).toEqual([]);
    expect(leftIn(saved())).toEqual(before);
    expect(readFileSync(saved("results.jsonl")).equals(journal)).toBe(true);
  });

  it("goes on after what a kill left: what has a record and a file is not fetched again", async () => {
    list(TEN);
    const done = await fresh();
    const records = readFileSync(at("fresh", "results.jsonl"), "utf8").split(/(?<=\n)/);
    mkdirSync(saved(".bulkget"), { recursive: true });
    writeFileSync(saved("results.jsonl"), records.slice(0, 4).join(""));
    for (const record of records.slice(0, 4)) {
      const { file = "" } = JSON.parse(record) as { file?: string };
      writeFileSync(saved(file), done.files[file] ?? "", "latin1");
    }
    writeFileSync(saved(".bulkget", "9.part"), "half");
    const { code, stderr } = await run();
    expect(code).toBe(0);
    expect(stderr).toContain("resuming: 4 saved earlier, 6 to do\n");
    expect(server.asked()).toHaveLength(6);
    expect(leftIn(saved())).toEqual(done);
  });

  it("says nothing of it with -q", async () => {
    list(TEN);
    await run("-q");
    expect(await run("-q")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  it("works for standard input, by number", async () => {
    const text = (paths: readonly string[]) => paths.map((path) => `${server.url(path)}\n`).join("");
    const piped = (paths: readonly string[]) => folder.run(["-"], { stdin: text(paths) });
    await piped(TEN);
    server.asked();
    const { code, stderr } = await piped([...TEN.slice(0, 4), "/new", ...TEN.slice(5), "/page-11"]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("resuming: 10 saved earlier");
    expect(server.asked()).toEqual(["/new", "/page-11"]);
    expect(journalOf(saved()).map(({ n, url }) => [n, url.slice(server.origin.length)])).toEqual([
      ...TEN.slice(0, 4).map((path, i) => [i + 1, path]),
      [5, "/new"],
      ...TEN.slice(5).map((path, i) => [i + 6, path]),
      [11, "/page-11"],
    ]);
    expect(readFileSync(saved("000005.txt")).equals(pageOf("/new"))).toBe(true);
  });

  it("works for several lists, numbered through", async () => {
    list(TEN.slice(0, 3));
    list(TEN.slice(3, 6), "more.txt");
    expect((await run("more.txt")).code).toBe(0);
    server.asked();
    list([...TEN.slice(3, 6), "/new"], "more.txt");
    const { stderr } = await run("more.txt");
    expect(stderr).toContain("resuming: 6 saved earlier, 1 to do\n");
    expect(server.asked()).toEqual(["/new"]);
    // A line more in the first list moves those of the second.
    list([...TEN.slice(0, 3), "/third"]);
    expect((await run("more.txt")).stderr).toContain("7 saved earlier, 4 moved within the list, 1 to do\n");
    expect(server.asked()).toEqual(["/third"]);
    expect(leftIn(saved())).toEqual(await fresh("more.txt"));
  });

  it("works for a list that is gzip", async () => {
    list(TEN);
    const zipped = () => writeFileSync(at("urls.txt.gz"), gzipSync(readFileSync(at("urls.txt"))));
    zipped();
    const again = () => folder.run(["urls.txt.gz"]);
    await again();
    server.asked();
    list(["/new", ...TEN]);
    zipped();
    expect((await again()).stderr).toContain("resuming: 10 saved earlier, 10 moved within the list, 1 to do\n");
    expect(server.asked()).toEqual(["/new"]);
    expect(leftIn(saved())).toEqual(await fresh());
  });
});

describe("of a list that has changed, only what is new is fetched", () => {
  it.each([
    ["a changed line", [...TEN.slice(0, 4), "/new", ...TEN.slice(5)], ["/new"]],
    ["a changed first line", ["/new", ...TEN.slice(1)], ["/new"]],
    ["an inserted line", [...TEN.slice(0, 4), "/new", ...TEN.slice(4)], ["/new"]],
    ["a comment and a blank line inserted at the top", ["# mine", " ", ...TEN], []],
    ["a removed line", [...TEN.slice(0, 4), ...TEN.slice(5)], []],
    ["a removed first line", TEN.slice(1), []],
    ["two lines swapped", [...TEN.slice(0, 2), "/page-8", ...TEN.slice(3, 7), "/page-3", ...TEN.slice(8)], []],
    ["all lines turned round", TEN.toReversed(), []],
    ["a line twice, then a longer list", [...TEN, "/page-1", "/page-11"], ["/page-1", "/page-11"]],
    ["another extension on the same line", [...TEN.slice(0, 4), "/new.csv", ...TEN.slice(5)], ["/new.csv"]],
  ])("%s", async (_, after, asked) => {
    expect(await changed(TEN, after)).toEqual(asked);
  });

  it("lines of one URL stay two", async () => {
    expect(await changed(["/a", "/b", "/a"], ["/b", "/a", "/new", "/a"])).toEqual(["/new"]);
  });

  it("bodies of different types move with their extensions", async () => {
    server.answers.set("/page", body("<p>", { "content-type": "text/html" }));
    server.answers.set("/json", body("{}", { "content-type": "application/json" }));
    expect(await changed(["/page", "/json", "/c.csv", "/plain"], ["/plain", "/c.csv", "/page", "/json"])).toEqual([]);
  });

  it("files that carry names of the list keep them, wherever the line is", async () => {
    const named = (path: string) => `${server.url(path)}\t${path.slice(1)}.bin`;
    const before = TEN.slice(0, 4).map(named);
    expect(await changed(before, ["/new", ...before.toReversed()])).toEqual(["/new"]);
  });
});

describe("a file that is not as it was saved is fetched again", () => {
  const broken: [string, (path: string) => void][] = [
    ["missing", (path) => rmSync(path)],
    ["cut short", (path) => truncateSync(path, 3)],
    ["longer than it was", (path) => appendFileSync(path, "more")],
  ];
  it.each(broken)("one that is %s", async (_, damage) => {
    list(TEN);
    await run();
    server.asked();
    damage(saved("000004.txt"));
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("1 file missing or of another size: fetched again\n");
    expect(stderr).toContain("resuming: 9 saved earlier, 1 to do\n");
    expect(server.asked()).toEqual(["/page-4"]);
    expect(leftIn(saved())).toEqual(await fresh());
  });

  const replaced: [string, (path: string) => void][] = [
    ["a folder", (path) => mkdirSync(path)],
    ["a link", (path) => symlinkSync(at("theirs"), path)],
  ];
  it.each(replaced)("but %s in its place is not replaced, nor followed", async (_, replace) => {
    list(TEN);
    await run();
    server.asked();
    // As long as the page itself: only its being a link tells.
    writeFileSync(at("theirs"), Buffer.alloc(pageOf("/page-4").length, "x"));
    rmSync(saved("000004.txt"));
    replace(saved("000004.txt"));
    const { code } = await run();
    expect(code).toBe(1);
    const { files, records } = leftIn(saved());
    expect(files["000004.txt"]).toMatch(/^(folder|link)$/);
    expect(readFileSync(at("theirs"), "utf8")).toMatch(/^x+$/);
    expect(records.filter(({ outcome }) => outcome === "failed")).toMatchObject([{ n: 4, error: "file_exists" }]);
    rmSync(saved("000004.txt"), { recursive: true });
    expect((await run("--retry-failed")).code).toBe(0);
    expect(leftIn(saved())).toEqual(await fresh());
  });
});

describe("a line whose old file is to be replaced, and that fails first", () => {
  const ways: [string, () => void][] = [
    ["its URL has changed", () => list([...TEN.slice(0, 3), "/late", ...TEN.slice(4)])],
    ["its file is short", () => truncateSync(saved("000004.txt"), 3)],
  ];
  it.each(ways)("replaces it when it succeeds: %s", async (_, change) => {
    list(TEN);
    await run();
    change();
    for (const path of ["/late", "/page-4"]) server.answers.set(path, status(503));
    expect((await run("--retries", "0")).code).toBe(1);
    server.answers.clear();
    // Long after that file was changed last.
    const lateMs = Date.now() + 5000;
    utimesSync(saved("results.jsonl"), lateMs / 1000, lateMs / 1000);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(leftIn(saved())).toEqual(await fresh());
  });
});

describe("a journal that is not whole", () => {
  it("a last record cut anywhere costs that one record", async () => {
    list(TEN);
    await run();
    const done = leftIn(saved());
    const whole = readFileSync(saved("results.jsonl"));
    const last = whole.lastIndexOf("\n", whole.length - 2) + 1;
    server.asked();
    await assert(
      asyncProperty(integer({ min: 1, max: whole.length - last }), async (cut) => {
        truncateSync(saved("results.jsonl"), whole.length - cut);
        // As a run that was killed leaves it: since it began, its files may be in no record.
        mkdirSync(saved(".bulkget"), { recursive: true });
        writeFileSync(saved(".bulkget/since"), "");
        utimesSync(saved(".bulkget/since"), 0, 0);
        const { code, stderr } = await run();
        expect(code, stderr).toBe(0);
        // Only the line feed is missing: the record is whole.
        expect(server.asked()).toHaveLength(cut === 1 ? 0 : 1);
        if (cut > 1 && cut < whole.length - last) expect(stderr).toContain("a torn last record dropped");
        expect(leftIn(saved())).toEqual(done);
        writeFileSync(saved("results.jsonl"), whole);
      }),
      { numRuns: 8, examples: [[1], [2], [whole.length - last], [whole.length - last - 1]] },
    );
  });

  it("junk in the middle is left out and said, and the records around it count", async () => {
    list(TEN);
    await run();
    const done = leftIn(saved());
    const lines = readFileSync(saved("results.jsonl"), "utf8").trimEnd().split("\n");
    lines.splice(3, 0, '{"n":4,"url":', "\u0000\u0000\u0000", "", "[1]", "x".repeat(70_000));
    writeFileSync(saved("results.jsonl"), `${lines.join("\n")}\n`);
    server.asked();
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/[45] unreadable records left out, the first at line 4\n/);
    expect(stderr).toContain("10 saved earlier, 0 to do");
    expect(server.asked()).toEqual([]);
    expect(leftIn(saved())).toEqual(done);
  });

  it("an empty one is gone on with", async () => {
    list(TEN);
    mkdirSync(saved());
    writeFileSync(saved("results.jsonl"), "");
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(leftIn(saved())).toEqual(await fresh());
  });

  it("one of a newer format is refused and left alone", async () => {
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

describe("another list's folder", () => {
  it.each([["a file"], ["standard input"]])("is refused with 2 and left alone: %s", async (kind) => {
    list(TEN);
    await run();
    const before = leftIn(saved());
    const journal = readFileSync(saved("results.jsonl"));
    server.asked();
    const others = ["/other-1", "/other-2", "/other-3"];
    list(others);
    const stdin = readFileSync(at("urls.txt"), "utf8");
    const { code, stderr } = await (kind === "a file" ? run() : folder.run(["-"], { stdin }));
    expect(code, stderr).toBe(2);
    expect(stderr).toContain("downloads: holds the run of another list (results.jsonl)");
    expect(stderr).toContain("--force");
    expect(server.asked()).toEqual([]);
    expect(leftIn(saved())).toEqual(before);
    expect(readFileSync(saved("results.jsonl")).equals(journal)).toBe(true);
  });

  it("is started over with --force, and only what the earlier run saved is removed", async () => {
    list(TEN);
    await run();
    writeFileSync(saved("notes.md"), "mine");
    list(["/other-1", "/other-2"]);
    expect((await run("--force")).code).toBe(0);
    const { files, ...rest } = leftIn(saved());
    const { files: wanted, ...others } = await fresh();
    expect(rest).toEqual(others);
    expect(files).toEqual({ ...wanted, "notes.md": "mine" });
  });
});

describe("failures", () => {
  const BAD = ["/gone", "/busy"];
  beforeEach(() => {
    server.answers.set("/gone", status(404));
    server.answers.set("/busy", status(503));
  });

  it("those that may pass are tried again, those for good only with --retry-failed", async () => {
    list([...TEN, ...BAD]);
    expect((await run("--retries", "0")).code).toBe(1);
    server.asked();
    const second = await run("--retries", "0");
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("10 saved earlier, 1 failed for good (--retry-failed tries them again), 1 to do\n");
    expect(server.asked()).toEqual(["/busy"]);
    expect(leftIn(saved())).toEqual(await fresh("--retries", "0"));
    expect((await run("--retries", "0", "--retry-failed")).stderr).toContain("10 saved earlier, 2 to do\n");
    expect(server.asked()).toEqual(["/busy", "/gone"]);
    server.answers.clear();
    const last = await run("--retry-failed");
    expect(last.code, last.stderr).toBe(0);
    expect(server.asked()).toEqual(["/busy", "/gone"]);
    rmSync(at("fresh"), { recursive: true });
    expect(leftIn(saved())).toEqual(await fresh());
    expect(existsSync(saved("failed.txt"))).toBe(false);
  });

  it("what failed for good counts for the exit code of every run", async () => {
    list([...TEN, "/gone"]);
    expect((await run()).code).toBe(1);
    expect((await run()).code).toBe(1);
    expect((await run("--fail-on", "50%")).code).toBe(0);
  });

  it("failed.txt fed back keeps numbers and names, in the same folder and journal", async () => {
    const named = `${server.url("/gone")}?named\tmine.bin`;
    server.answers.set("/gone?named", status(404));
    list(["/gone", ...TEN.slice(0, 4), "/busy", named]);
    await run("--retries", "0");
    const feed = () => folder.run(["downloads/failed.txt", "--retries", "0"]);
    server.asked();
    server.answers.delete("/busy");
    const first = await feed();
    expect(first.code, first.stderr).toBe(1);
    expect(server.asked()).toEqual(["/busy", "/gone", "/gone?named"]);
    expect(unnumbered(leftIn(saved()))).toEqual(await fresh("--retries", "0"));
    expect(leftIn(saved()).failed).toEqual([
      `${server.url("/gone")}\t000001`,
      `${server.url("/gone")}?named\tmine.bin\tn=7`,
    ]);
    server.answers.clear();
    const second = await feed();
    expect(second.code, second.stderr).toBe(0);
    expect(server.asked()).toEqual(["/gone", "/gone?named"]);
    rmSync(at("fresh"), { recursive: true });
    expect(unnumbered(leftIn(saved()))).toEqual(await fresh());
    expect(existsSync(saved("failed.txt"))).toBe(false);
    expect((await run()).stderr).toContain("resuming: 7 saved earlier, 0 to do\n");
  });
});

/** Without the numbers that failed.txt has in the place of names, and its lines' records then as well. */
function unnumbered(left: LeftBehind): LeftBehind {
  const records = left.records.map(({ name, ...rest }) =>
    name === undefined || /^\d+$/.test(name) ? rest : { ...rest, name },
  );
  return { ...left, records };
}

describe("files that are not the run's", () => {
  it("a user's own file is never replaced, in no run", async () => {
    mkdirSync(saved());
    writeFileSync(saved("000003.txt"), "mine");
    list(TEN);
    for (const args of [[], [], ["--retry-failed"], ["-u"]]) {
      expect((await run(...args)).code).toBe(1);
      const { files, records, failed } = leftIn(saved());
      expect(files["000003.txt"]).toBe("mine");
      expect(records).toHaveLength(10);
      expect(records[2]).toMatchObject({ n: 3, outcome: "failed", error: "file_exists" });
      expect(failed).toEqual([`${server.url("/page-3")}\t000003`]);
    }
  });

  it("one put there after the run is not replaced by a line that moves", async () => {
    list(TEN);
    await run();
    writeFileSync(saved("000011.txt"), "mine");
    list(["/new", ...TEN]);
    expect((await run()).code).toBe(1);
    const { files, records } = leftIn(saved());
    expect(files["000011.txt"]).toBe("mine");
    expect(records).toHaveLength(11);
    expect(records.filter(({ outcome }) => outcome !== "saved")).toMatchObject([{ n: 11, error: "file_exists" }]);
  });

  it("of two lines of one {basename} the second stays a file_exists", async () => {
    list(["/a/page.txt", "/b/page.txt", "/c.txt"]);
    const name = ["--name", "{basename}{ext}", "-c", "1"];
    for (const more of [[], [], ["--retry-failed"], ["-u"]]) {
      expect((await run(...name, ...more)).code).toBe(1);
      const { files, records } = leftIn(saved());
      expect(Object.keys(files)).toEqual(["c.txt", "page.txt"]);
      expect(files["page.txt"]).toBe(pageOf("/a/page.txt").toString("latin1"));
      expect(records.map(({ outcome }) => outcome)).toEqual(["saved", "failed", "saved"]);
      expect(records[1]).toMatchObject({ error: "file_exists" });
    }
  });
});
