// --per-dir puts files into numbered folders; resume, update, --force and --dedupe work as without it.

import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bulkget } from "../../../src/index.ts";
import { filesOf, type Ran, recordsOf } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { body, pageOf, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();

const out = (file = "") => folder.at("out", file);
const paths = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `/p${from + i}`);

/** Runs a list whose lines are paths, with further columns or none. */
function run(lines: readonly string[], ...args: string[]): Promise<Ran> {
  folder.list(lines.map(server.url));
  return folder.run(["urls.txt", "-o", "out", ...args]);
}

/** Expects exactly these files, each with the page of its path. */
function holds(files: Readonly<Record<string, string>>): void {
  expect(filesOf(out())).toEqual(Object.keys(files).sort());
  for (const [file, path] of Object.entries(files)) expect(readFileSync(out(file)), file).toEqual(pageOf(path));
}

const FIVE = {
  "000000/000001.txt": "/p1",
  "000001/000002.txt": "/p2",
  "000001/000003.txt": "/p3",
  "000002/000004.txt": "/p4",
  "000002/000005.txt": "/p5",
};

describe("--per-dir", () => {
  it("1000 puts line 42 into folder 000, and line 123456 into 123", async () => {
    const lines = ["/a\t42", "/b\t123456", "/c\t1234567", "/d\t999", "/e\t1000"];
    expect(await run(lines, "--per-dir", "1000")).toMatchObject({ code: 0 });
    holds({
      "000/000042.txt": "/a",
      "123/123456.txt": "/b",
      "1234/1234567.txt": "/c",
      "000/000999.txt": "/d",
      "001/001000.txt": "/e",
    });
    expect(recordsOf(out()).get(123_456)).toMatchObject({ outcome: "saved", file: "123/123456.txt" });
  });

  it("resumes a run, and fetches only missing files", async () => {
    await run(paths(1, 3), "--per-dir", "2");
    rmSync(out("000001/000002.txt"));
    server.asked();
    const { code, stderr } = await run(paths(1, 5), "--per-dir", "2");
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(["/p2", "/p4", "/p5"]);
    holds(FIVE);
  });

  it("uses empty folders that a killed run left", async () => {
    for (const empty of ["000000", "000001", "000002"]) mkdirSync(out(empty), { recursive: true });
    expect(await run(paths(1, 5), "--per-dir", "2")).toMatchObject({ code: 0 });
    holds(FIVE);
  });

  it("leaves files of a run without it in place, and puts only new files into folders", async () => {
    server.answers.set("/p2", status(503));
    await run(paths(1, 3), "--retries", "0");
    server.answers.delete("/p2");
    server.asked();
    const { code, stderr } = await run(paths(1, 4), "--per-dir", "2");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("resuming: 2 saved earlier, 2 to do");
    expect(server.asked()).toEqual(["/p2", "/p4"]);
    holds({ "000001.txt": "/p1", "000001/000002.txt": "/p2", "000003.txt": "/p3", "000002/000004.txt": "/p4" });
    expect((await run(paths(1, 4), "--per-dir", "3")).stderr).toContain("resuming: 4 saved earlier, 0 to do");
    expect((await run(paths(1, 4))).stderr).toContain("resuming: 4 saved earlier, 0 to do");
    expect(server.asked()).toEqual([]);
  });

  it("moves files with their lines into the folders of their new numbers", async () => {
    await run(paths(1, 5), "--per-dir", "2");
    server.asked();
    const { code, stderr } = await run(["/new", ...paths(1, 5)], "--per-dir", "2");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("5 moved within the list");
    expect(server.asked()).toEqual(["/new"]);
    holds({
      "000000/000001.txt": "/new",
      "000001/000002.txt": "/p1",
      "000001/000003.txt": "/p2",
      "000002/000004.txt": "/p3",
      "000002/000005.txt": "/p4",
      "000003/000006.txt": "/p5",
    });
  });

  it("with -u moves a changed file of a flat run into its folder", async () => {
    server.answers.set("/p2", body("old", { "content-type": "text/plain", etag: '"1"' }));
    server.answers.set("/p1", (request, response) => {
      if (request.headers["if-none-match"] === '"same"') response.writeHead(304).end();
      else response.writeHead(200, { "content-type": "text/plain", etag: '"same"' }).end(pageOf("/p1"));
    });
    await run(paths(1, 2));
    server.answers.delete("/p2");
    const { code, stderr } = await run(paths(1, 2), "-u", "--per-dir", "2");
    expect(code, stderr).toBe(0);
    holds({ "000001.txt": "/p1", "000001/000002.txt": "/p2" });
  });

  it("with --force removes the files of a flat run, and a flat run removes its folders' files", async () => {
    await run(paths(1, 5));
    await run(paths(1, 5), "--force", "--per-dir", "2");
    holds(FIVE);
    await run(paths(9, 9), "--force");
    holds({ "000001.txt": "/p9" });
  });

  it("hard-links duplicates across folders with --dedupe", async () => {
    const { code, stderr } = await run(["/p1", "/p1", "/p1"], "--per-dir", "2", "--dedupe");
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(["/p1"]);
    holds({ "000000/000001.txt": "/p1", "000001/000002.txt": "/p1", "000001/000003.txt": "/p1" });
    expect(lstatSync(out("000001/000003.txt")).ino).toBe(lstatSync(out("000000/000001.txt")).ino);
  });

  it("creates folders for streamed bodies, and with --durability file", async () => {
    const large = Buffer.alloc(3_000_000, "large ");
    server.answers.set("/large", body(large, { "content-type": "text/plain" }));
    await run(["/large\t9", "/p10\t10"], "--per-dir", "10");
    expect(filesOf(out())).toEqual(["00000/000009.txt", "00001/000010.txt"]);
    expect(readFileSync(out("00000/000009.txt"))).toEqual(large);
    await run(["/p9"], "--force", "--per-dir", "2", "--durability", "file");
    holds({ "000000/000001.txt": "/p9" });
  });

  it("uses the digits of the --name template, and refuses a template with folders", async () => {
    expect(await run(paths(1, 3), "--per-dir", "2", "--name", "{n:9}-{basename}{ext}")).toMatchObject({ code: 0 });
    holds({
      "000000000/000000001-p1.txt": "/p1",
      "000000001/000000002-p2.txt": "/p2",
      "000000001/000000003-p3.txt": "/p3",
    });
    const refused = await run(paths(1, 3), "--per-dir", "2", "--name", "{host}/{n}", "-o", "other");
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain("makes folders of its own: without --per-dir, or without the /");
    expect(existsSync(folder.at("other"))).toBe(false);
  });

  it("leaves file names of the list unchanged, and none of them replaces a line's numbered file", async () => {
    const lines = ["/p1\tmine.txt", "/p2", "/p3\t000001/000002.txt", "/p4\t../000002/x", "/p5"];
    const { code, stderr } = await run(lines, "--per-dir", "2", "-c", "1");
    expect(code).toBe(1);
    expect(stderr).toContain(
      "urls.txt:3: the file name is taken (000001/000002.txt is there already, and not this line's",
    );
    holds({ "mine.txt": "/p1", "000001/000002.txt": "/p2", "_/000002/x": "/p4", "000002/000005.txt": "/p5" });
  });

  it.each([
    ["a file", (path: string) => writeFileSync(path, "mine")],
    ["a symbolic link", (path: string) => symlinkSync("..", path)],
  ])("fails the lines whose folder's name is taken by %s, and changes nothing there", async (_, plant) => {
    mkdirSync(out());
    plant(out("000001"));
    const { code, stderr } = await run(paths(1, 4), "--per-dir", "2");
    expect(code).toBe(1);
    expect(stderr).toContain("urls.txt:2: the file name is taken (000001 is there already, and no folder");
    expect([...recordsOf(out()).values()].map(({ outcome }) => outcome).sort()).toEqual([
      "failed",
      "failed",
      "saved",
      "saved",
    ]);
    expect(existsSync(folder.at("000002.txt"))).toBe(false);
    expect(readFileSync(out("000000/000001.txt"))).toEqual(pageOf("/p1"));
  });

  it("is the option perDir in the library, which refuses invalid numbers", async () => {
    const seen: (string | undefined)[] = [];
    for await (const { file } of bulkget(paths(1, 2).map(server.url), { outputDir: out(), perDir: 2 })) seen.push(file);
    expect(seen.sort()).toEqual(["000000/000001.txt", "000001/000002.txt"]);
    for (const perDir of [0, 1.5, -1, Number.NaN]) {
      const run = () => bulkget([server.url("/p1")], { outputDir: out("new"), perDir });
      expect(run).toThrow(`perDir: ${perDir} is not a whole number from 1 to`);
    }
    expect(existsSync(out("new"))).toBe(false);
  });
});

describe("a list of more than 100,000 lines", () => {
  /** 1,000 lines that are saved, and 100,000 lines of equal length that are no URLs. */
  const long = () => {
    const pages = paths(1, 1000).map((path) => `${server.url(path.padEnd(12, "x"))}\n`);
    const nothing = `${"x".repeat((pages[0]?.length ?? 2) - 1)}\n`;
    return pages.join("") + nothing.repeat(100_000);
  };
  // The estimate is made when the 1,000th file is saved: failures behind it end the run.
  const args = ["long.txt", "--max-failures", "20000", "--progress", "none"];

  it("causes one suggestion of --per-dir, and none with -q", async () => {
    writeFileSync(folder.at("long.txt"), long());
    const { code, stderr } = await folder.run([...args, "-o", "flat"]);
    expect(code, stderr).toBe(4);
    expect(stderr.match(/^bulkget: (about )?10[01],\d{3} files in one folder: --per-dir 1000 puts /gm)).toHaveLength(1);
    const quiet = await folder.run([...args, "-q", "-o", "quiet"]);
    expect(quiet).toMatchObject({ code: 4, stderr: "" });
  });
});
