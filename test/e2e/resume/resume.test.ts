// Running a command again resumes it: nothing is fetched twice, and changes of the list are found.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { runsAgain, TEN } from "../../support/folders/again.ts";
import { body, journalOf, type LeftBehind, leftIn, pageOf, status, withoutGone } from "../../support/site.ts";

const { server, folder, at, saved, list, run, fresh } = runsAgain();

/** Runs a list, then another one in the same folder; returns the paths that the second run fetched. */
async function changed(before: readonly string[], after: readonly string[], ...args: string[]): Promise<string[]> {
  list(before);
  expect((await run(...args)).code).toBe(0);
  server.asked();
  list(after);
  const { code, stderr } = await run(...args);
  expect(code, stderr).toBe(0);
  const asked = server.asked();
  expect(withoutGone(leftIn(saved()))).toEqual(await fresh(...args));
  return asked;
}

describe("running a list again", () => {
  it("fetches nothing twice, and changes nothing", async () => {
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

  it("after a kill fetches only lines without a record or a file", async () => {
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

  it("prints nothing with -q", async () => {
    list(TEN);
    await run("-q");
    expect(await run("-q")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  it("from standard input recognises lines by number", async () => {
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

  it("with several lists recognises lines by consecutive numbers", async () => {
    list(TEN.slice(0, 3));
    list(TEN.slice(3, 6), "more.txt");
    expect((await run("more.txt")).code).toBe(0);
    server.asked();
    list([...TEN.slice(3, 6), "/new"], "more.txt");
    const { stderr } = await run("more.txt");
    expect(stderr).toContain("resuming: 6 saved earlier, 1 to do\n");
    expect(server.asked()).toEqual(["/new"]);
    // A line added to the first list moves the lines of the second.
    list([...TEN.slice(0, 3), "/third"]);
    expect((await run("more.txt")).stderr).toContain("7 saved earlier, 4 moved within the list, 1 to do\n");
    expect(server.asked()).toEqual(["/third"]);
    expect(leftIn(saved())).toEqual(await fresh("more.txt"));
  });

  it("from a gzip file recognises moved lines", async () => {
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

describe("running a changed list again fetches only its new lines:", () => {
  it.each([
    ["a changed line", [...TEN.slice(0, 4), "/new", ...TEN.slice(5)], ["/new"]],
    ["a changed first line", ["/new", ...TEN.slice(1)], ["/new"]],
    ["an inserted line", [...TEN.slice(0, 4), "/new", ...TEN.slice(4)], ["/new"]],
    ["a comment and a blank line inserted at the top", ["# mine", " ", ...TEN], []],
    ["a removed line", [...TEN.slice(0, 4), ...TEN.slice(5)], []],
    ["a removed first line", TEN.slice(1), []],
    ["two lines swapped", [...TEN.slice(0, 2), "/page-8", ...TEN.slice(3, 7), "/page-3", ...TEN.slice(8)], []],
    ["all lines reversed", TEN.toReversed(), []],
    ["a repeated line and a new one at the end", [...TEN, "/page-1", "/page-11"], ["/page-1", "/page-11"]],
    ["another extension on the same line", [...TEN.slice(0, 4), "/new.csv", ...TEN.slice(5)], ["/new.csv"]],
  ])("%s", async (_, after, asked) => {
    expect(await changed(TEN, after)).toEqual(asked);
  });

  it("two lines with one URL", async () => {
    expect(await changed(["/a", "/b", "/a"], ["/b", "/a", "/new", "/a"])).toEqual(["/new"]);
  });

  it("moved lines with files of different types", async () => {
    server.answers.set("/page", body("<p>", { "content-type": "text/html" }));
    server.answers.set("/json", body("{}", { "content-type": "application/json" }));
    expect(await changed(["/page", "/json", "/c.csv", "/plain"], ["/plain", "/c.csv", "/page", "/json"])).toEqual([]);
  });

  it("moved lines with file names of the list", async () => {
    const named = (path: string) => `${server.url(path)}\t${path.slice(1)}.bin`;
    const before = TEN.slice(0, 4).map(named);
    expect(await changed(before, ["/new", ...before.toReversed()])).toEqual(["/new"]);
  });
});

describe("the folder of another list", () => {
  it.each([["a file"], ["standard input"]])("is refused with exit code 2 and left unchanged: %s", async (kind) => {
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

  it("is started over by --force, which removes only the files that the earlier run saved", async () => {
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

describe("recorded failures", () => {
  const BAD = ["/gone", "/busy"];
  beforeEach(() => {
    server.answers.set("/gone", status(404));
    server.answers.set("/busy", status(503));
  });

  it("are retried by the next run if temporary, and with --retry-failed if permanent", async () => {
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

  it("count for the exit code of every run if permanent", async () => {
    list([...TEN, "/gone"]);
    expect((await run()).code).toBe(1);
    const { code, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toContain("\nfailed  1 (all in an earlier run; --retry-failed)\n");
    expect((await run("--fail-on", "50%")).code).toBe(0);
  });

  it("keep their numbers and names in a run of failed.txt", async () => {
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

/** Removes names that are only numbers, which records of failed.txt's lines have. */
function unnumbered(left: LeftBehind): LeftBehind {
  const records = left.records.map(({ name, ...rest }) =>
    name === undefined || /^\d+$/.test(name) ? rest : { ...rest, name },
  );
  return { ...left, records };
}
