// Shards that share a folder: what is refused, and that none takes, replaces or removes what another has.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { merged, wholeOf } from "../../support/folders/shards.ts";
import { own, ownFolder, ownSite } from "../../support/own.ts";
import { commandUnderWay } from "../../support/process/under-way.ts";
import { body, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const { at } = folder;

/** Lines of two blocks: a URL in the first line of each, and `more` behind them. */
function listOf(...more: readonly (readonly [string, string])[]): void {
  const block = (urls: readonly string[]) => [...urls, ...Array.from({ length: 1000 - urls.length }, () => "")];
  const [one, other] = [0, 1].map((i) => block([server.url(`/block${i}`), ...more.map((lines) => lines[i] ?? "")]));
  folder.list([...(one ?? []), ...(other ?? [])]);
}

const run = (...args: string[]) =>
  folder.run(["urls.txt", "-o", "out", "--retries", "0", "--progress", "none", ...args]);
const read = (name: string) => readFileSync(at("out", name), "utf8");

describe("a folder with shards", () => {
  it("refuses every other division, and a run of the whole list, with the right option and no change", async () => {
    listOf();
    expect((await run("--shard", "1/2")).code).toBe(0);
    const before = readdirSync(at("out"), { recursive: true }).sort();
    for (const [args, right] of [
      [["--shard", "1/3"], "its runs are of 2 shards by line: --shard 1/2, or use another folder"],
      [["--shard", "3/3"], "--shard i/2,"],
      [["--shard", "2/2", "--shard-by", "host"], "--shard 2/2 --shard-by line,"],
      [[], "--shard i/2,"],
      [["--force"], "--shard i/2,"],
    ] as const) {
      for (const more of [[], ["--dry-run"]]) {
        const { code, stderr } = await run(...args, ...more);
        expect([code, stderr]).toEqual([2, expect.stringContaining(right)]);
      }
    }
    expect(readdirSync(at("out"), { recursive: true }).sort()).toEqual(before);
  });

  it("is divided anew when its journals and .bulkget/shards are removed, and not by one of both", async () => {
    listOf();
    await run("--shard", "1/2");
    rmSync(at("out/.bulkget/shards"));
    expect((await run("--shard", "1/4")).stderr).toContain("of 2 shards by line: --shard 1/2,");
    rmSync(at("out/results.1-of-2.jsonl"));
    expect((await run("--shard", "1/4")).code).toBe(0);
    expect(JSON.parse(read(".bulkget/shards"))).toEqual({ shards: 4, by: "line" });
  });

  it("is not one with a run of the whole list", async () => {
    listOf();
    await run();
    const { code, stderr } = await run("--shard", "1/2");
    expect([code, stderr]).toEqual([2, expect.stringContaining("a run of the whole list is in it (results.jsonl)")]);
    expect(existsSync(at("out/.bulkget/shards"))).toBe(false);
  });

  it("is not one while a run of the whole list is under way, whose records are not there yet", async () => {
    listOf();
    for (const path of ["/block0", "/block1"]) server.answers.set(path, () => {}); // no answer, so no record
    const whole = commandUnderWay(["urls.txt", "-o", "out", "--progress", "none"], folder.path);
    own({ close: () => whole.kill("SIGKILL") });
    await vi.waitFor(() => expect(existsSync(at("out/.bulkget/lock"))).toBe(true), 10_000);
    const { code, stderr } = await run("--shard", "1/2");
    expect([code, stderr]).toEqual([2, expect.stringContaining("a run of the whole list is under way there")]);
    expect(existsSync(at("out/.bulkget/shards"))).toBe(false);
  });

  it.each([
    ["a text", () => writeFileSync(at("out/.bulkget/shards"), "16")],
    ["another number", () => writeFileSync(at("out/.bulkget/shards"), '{"shards":0,"by":"line"}')],
    ["a link", () => symlinkSync("/dev/zero", at("out/.bulkget/shards"))],
    ["a folder", () => mkdirSync(at("out/.bulkget/shards"))],
  ])("refuses %s in the place of its file of shards", async (_, put) => {
    listOf();
    mkdirSync(at("out/.bulkget"), { recursive: true });
    put();
    for (const args of [["--shard", "1/2"], []]) {
      const { code, stderr } = await run(...args);
      expect([code, stderr]).toEqual([2, expect.stringContaining("shards: is not what a run has written: remove it")]);
    }
  });

  it("takes the same shard once at a time", async () => {
    listOf();
    server.answers.set("/block0", () => {}); // no answer
    const first = commandUnderWay(["urls.txt", "-o", "out", "--progress", "none", "--shard", "1/2"], folder.path);
    own({ close: () => first.kill("SIGKILL") });
    await vi.waitFor(() => expect(existsSync(at("out/.bulkget/1-of-2/lock"))).toBe(true), 10_000);
    expect((await run("--shard", "1/2")).code).toBe(5);
    expect((await run("--shard", "2/2")).code).toBe(0);
    expect(read("001001.txt")).toBe(String(pageOf("/block1")));
  });
});

describe("a shard", () => {
  it("goes on after kill -9 with what is left, and replaces no file of another shard", async () => {
    listOf([server.url("/a"), server.url("/b")]);
    server.answers.set("/a", () => {}); // no answer
    const killed = commandUnderWay(["urls.txt", "-o", "out", "--progress", "none", "--shard", "1/2"], folder.path);
    await vi.waitFor(() => expect(read("results.1-of-2.jsonl")).toContain("/block0"), 10_000);
    killed.kill("SIGKILL");
    await killed.ended;
    expect((await run("--shard", "2/2")).code).toBe(0);
    expect(JSON.parse((await folder.run(["report", "out", "--json"])).stdout)).toMatchObject({
      shards: [{ shards: 2, missing: [], unfinished: [1] }],
    });
    server.answers.delete("/a");
    server.asked();
    expect((await run("--shard", "1/2")).code).toBe(0);
    expect(server.asked()).toEqual(["/a"]);
    await folder.run(["urls.txt", "-o", "whole", "--progress", "none"]);
    expect(wholeOf(at("out"))).toEqual(wholeOf(at("whole")));
  });

  it("fails where another shard has saved a file with the name, whose content stays", async () => {
    listOf(["/one\tname.txt", "/other\tname.txt"].map((text) => server.url(text)) as [string, string]);
    expect((await run("--shard", "2/2")).code).toBe(0);
    expect((await run("--shard", "1/2")).code).toBe(1);
    expect(read("name.txt")).toBe(String(pageOf("/other")));
    expect(read("failed.1-of-2.txt")).toContain("/one");
  });

  it("does not take a file of another shard for its own, even with the same content", async () => {
    for (const path of ["/one", "/other"]) server.answers.set(path, body("the same"));
    listOf(["/one\tname.txt", "/other\tname.txt"].map((text) => server.url(text)) as [string, string]);
    expect((await run("--shard", "2/2")).code).toBe(0);
    expect((await run("--shard", "1/2")).code).toBe(1);
    expect((await run("--shard", "1/2", "--retry-failed", "--workers", "2")).code).toBe(1);
  });

  it("that was killed does not take a file for its own that another shard has saved in the same time", async () => {
    listOf(["/one\tname.txt", "/other\tname.txt"].map((text) => server.url(text)) as [string, string]);
    server.answers.set("/one", () => {}); // no answer
    const start = (shard: string) =>
      commandUnderWay(["urls.txt", "-o", "out", "--progress", "none", "--shard", shard], folder.path);
    const first = start("1/2");
    await vi.waitFor(() => expect(existsSync(at("out/.bulkget/1-of-2/since"))).toBe(true), 10_000);
    await vi.waitFor(() => expect(read("results.1-of-2.jsonl")).toContain("/block0"), 10_000);
    expect((await run("--shard", "2/2")).code).toBe(0);
    first.kill("SIGKILL");
    await first.ended;
    server.answers.delete("/one");
    expect((await run("--shard", "1/2")).code).toBe(1);
    expect(read("name.txt")).toBe(String(pageOf("/other")));
  });

  it("starts over with --force, and leaves what other shards have", async () => {
    listOf();
    for (const shard of ["1/2", "2/2"]) await run("--shard", shard);
    server.answers.set("/block0", status(404));
    expect((await run("--shard", "1/2", "--force")).code).toBe(1);
    expect([existsSync(at("out/000001.txt")), read("001001.txt")]).toEqual([false, String(pageOf("/block1"))]);
    expect(read("results.2-of-2.jsonl")).toContain("/block1");
    expect(JSON.parse(read(".bulkget/shards"))).toEqual({ shards: 2, by: "line" });
  });

  it("reads its own failed lines whole, and those of another shard not at all", async () => {
    listOf();
    server.answers.set("/block1", status(404));
    const { stderr } = await run("--shard", "2/2");
    expect(stderr).toContain("failures in out/failed.2-of-2.txt, records in out/results.2-of-2.jsonl");
    const feed = (...args: string[]) =>
      folder.run(["out/failed.2-of-2.txt", "-o", "out", "--progress", "none", ...args]);
    for (const args of [["--shard", "1/2"], ["--shard", "2/4"], []])
      expect([args, (await feed(...args)).code]).toEqual([args, 2]);
    expect((await feed("--shard", "1/2")).stderr).toContain("the failed lines of shard 2/2: with --shard 2/2");
    server.answers.delete("/block1");
    expect((await feed("--shard", "2/2")).code).toBe(0);
    expect(read("001001.txt")).toBe(String(pageOf("/block1")));
  });

  it("is refused with a list whose lines have moved, before anything is changed; lines at the end are added", async () => {
    listOf();
    for (const shard of ["1/2", "2/2"]) await run("--shard", shard);
    const before = wholeOf(at("out"));
    const lines = readFileSync(at("urls.txt"), "utf8");
    writeFileSync(at("urls.txt"), `${server.url("/new")}\n${lines}`);
    const { code, stderr } = await run("--shard", "1/2");
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("line 1 of the list is not what results.1-of-2.jsonl has"),
    ]);
    expect(wholeOf(at("out"))).toEqual(before);
    expect(existsSync(at("out/gone"))).toBe(false);

    writeFileSync(at("urls.txt"), `${lines}${server.url("/new")}\n`);
    expect((await run("--shard", "1/2")).code).toBe(0);
    expect(read("002001.txt")).toBe(String(pageOf("/new")));
  });

  it("asks for what has changed with --update, in the place that it has", async () => {
    listOf();
    for (const shard of ["1/2", "2/2"]) await run("--shard", shard);
    server.answers.set("/block1", body("changed", { "content-type": "text/plain" }));
    expect((await run("--shard", "2/2", "--update")).code).toBe(0);
    expect([read("001001.txt").startsWith("changed"), read("000001.txt")]).toEqual([true, String(pageOf("/block0"))]);
  });
});

describe("the report on shards", () => {
  it("names those that are missing, and commands that try their failures again", async () => {
    listOf();
    server.answers.set("/block1", status(404));
    for (const shard of ["1/7", "2/7", "5/7"]) await run("--shard", shard, "--shard-by", "line");
    const { stdout } = await folder.run(["report", "out"]);
    expect(stdout).toContain("shards  3 of 7; missing: 3-4, 6-7\n");
    expect(stdout).toContain("bulkget out/failed.2-of-7.txt -o out --shard 2/7\n");
    await folder.run(["report", "out", "--html", "page.html"]);
    expect(readFileSync(at("page.html"), "utf8")).toContain("Shards: 3 of 7; missing: 3-4, 6-7.");
  });

  it("reads a folder into which those of shards were copied, and refuses two divisions in it", async () => {
    listOf();
    for (const shard of ["1/2", "2/2"]) await run("--shard", shard);
    merged([at("out")], at("copy"));
    const { stdout } = await folder.run(["report", "copy", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ counts: { urls: 2 }, shards: [{ shards: 2, missing: [] }] });
    expect((await folder.run(["extract", "copy", "1001"])).stdout).toBe(String(pageOf("/block1")));
    writeFileSync(at("copy/results.1-of-3.jsonl"), "");
    const mixed = await folder.run(["report", "copy"]);
    expect([mixed.code, mixed.stderr]).toEqual([
      2,
      expect.stringMatching(/records of runs in [23] shards and in [23]: move/),
    ]);
  });

  it("says that nothing is recorded where no shard has a record", async () => {
    folder.list([server.url("/1")]);
    await run("--shard", "2/2");
    const { code, stderr } = await folder.run(["report", "out"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("has no record yet")]);
  });
});
