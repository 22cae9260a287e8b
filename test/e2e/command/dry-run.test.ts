// --dry-run: counts what a run would do, as the run then does it; requests nothing and writes nothing.

import { mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { linesOf, ownFolder, ownSite } from "../../support/own.ts";
import { journalOf, leftIn, status } from "../../support/site.ts";

const server = ownSite();
const folder = ownFolder();
const url = (n: number) => server.url(`/page-${n}`);
const dry = (...args: readonly string[]) => folder.run(["urls.txt", "--dry-run", ...args]);
const run = (...args: readonly string[]) => folder.run(["urls.txt", "-q", "--fail-on", "never", ...args]);

/** The number of lines that are left to do, as it is printed. */
async function toDo(...args: readonly string[]): Promise<number> {
  const { code, stdout, stderr } = await dry(...args);
  expect([code, server.asked()], stderr).toEqual([0, []]);
  return Number(/^to do {7}([\d,]+)/m.exec(stdout)?.[1]?.replaceAll(",", ""));
}

describe("--dry-run", () => {
  beforeEach(() => {
    server.answers.set("/page-4", status(404));
    server.answers.set("/page-5", status(503));
    folder.list([
      "# a comment",
      ...[1, 2, 3, 4, 5, 2, 2].map(url),
      `${url(6)}\tcats/one.jpg`,
      `${url(7)}\tcats/one.jpg`,
      "htp://nothing",
      `${url(8)}\tn=2`,
      "http://other.example/x",
    ]);
  });

  it("of a new folder prints the counts of the list, and creates nothing", async () => {
    const before = readdirSync(folder.path);
    const { code, stdout, stderr } = await dry("--rate", "2", "--host-rate", "30/m");
    expect(stdout.replaceAll(server.origin.replace("http://", ""), "SITE")).toBe(
      linesOf([
        "lines       12 in urls.txt",
        "invalid     3",
        "            1 file_exists (the file name is taken)",
        "            1 unsupported_scheme (neither http nor https)",
        "            1 duplicate_number (the number is another line's)",
        "duplicates  2",
        "names       2 of the list, 10 by the template, such as 000002",
        "hosts       2",
        "             88.9 %  8 SITE",
        "             11.1 %  1 other.example",
        "folder      downloads: no earlier run",
        "to do       12, in 14.0 s or more",
      ]),
    );
    expect([code, stderr, server.asked(), readdirSync(folder.path)]).toEqual([0, "", [], before]);
  });

  it("after a run has the lines that the next run asks for, with each option that decides about them", async () => {
    folder.list([1, 2, 3, 4, 5].map(url));
    expect(await toDo()).toBe(5);
    await run("--retries", "0");
    const state = () => [leftIn(folder.at("downloads")), statSync(folder.at("downloads")).mtimeMs];
    const before = state();
    server.asked();
    const { stdout } = await dry();
    expect(stdout).toContain("folder      downloads: 3 saved, 1 failed for good\nto do       1\n");
    expect(await toDo("--retry-failed")).toBe(2);
    expect(await toDo("--update")).toBe(4);
    expect(await toDo("--force")).toBe(5);
    expect(await toDo("-o", "other")).toBe(5);
    expect(state()).toEqual(before);
    server.asked();
    await run("--retries", "0", "--retry-failed");
    expect(server.asked()).toEqual(["/page-4", "/page-5"]);
  });

  it.each([
    ["moved within the list", [6, 1, 3, 2, 9], "3 saved", 2],
    ["removed from it", [1, 2, 4], "2 saved, 1 failed for good; 1 saved lines are not in the list", 0],
  ])("finds lines that were %s, from a file and from standard input", async (_, pages, said, left) => {
    folder.list([1, 2, 3, 4, 5].map(url));
    await run("--retries", "0");
    folder.list(pages.map(url));
    for (const list of ["urls.txt", "-"]) {
      const { stdout } = await folder.run([list, "--dry-run"], { stdin: linesOf(pages.map(url)) });
      expect(stdout, list).toContain(`folder      downloads: ${said}`);
      expect(stdout, list).toMatch(new RegExp(`^to do {7}${left}$`, "m"));
    }
    server.asked();
    await run();
    expect(server.asked()).toHaveLength(left);
    expect(journalOf(folder.at("downloads")).filter(({ outcome }) => outcome === "saved").length).toBeGreaterThan(1);
  });

  it.each([
    [["missing.txt"], "there is no such file"],
    [["empty.txt"], "no URL in it"],
    [["words.txt"], "none of its first 2 lines is a URL"],
    [["urls.txt", "--force", "--update"], "use one of them"],
    [["--list-url", "http://127.0.0.1:1/list"], "--dry-run requests nothing, and --list-url is on the web"],
    [["index.xml"], "a sitemap index needs the network, which there is none here"],
  ])("of %j ends with 2 and the reason", async (args, why) => {
    folder.list([], "empty.txt");
    folder.list(["hello", "world"], "words.txt");
    folder.list([`<sitemapindex><sitemap><loc>${server.url("/a.xml")}</loc></sitemap></sitemapindex>`], "index.xml");
    const { code, stdout, stderr } = await folder.run([...args, "--dry-run"]);
    expect([code, stdout, server.asked()], stderr).toEqual([2, "", []]);
    expect(stderr).toContain(why);
  });

  it("of the list of failures that is fed back counts what is tried again", async () => {
    folder.list([1, 2, 3, 4, 5].map(url));
    await run("--retries", "0");
    server.asked();
    const { code, stdout } = await folder.run(["downloads/failed.txt", "--dry-run"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("folder      downloads: 0 saved\nto do       2\n")]);
    await folder.run(["downloads/failed.txt", "--retries", "0"]);
    expect(server.asked()).toHaveLength(2);
  });

  it.each([
    [["-o", "urls.txt"], "urls.txt is a file"],
    [["-o", "urls.txt/below"], "urls.txt is a file"],
    [["-o", "journal"], "is no journal of bulkget's"],
    [["-o", "failures"], "failed.txt: is there already, but no run is"],
    [["-o", "once", "once/failed.txt"], "is fed back by itself only"],
  ])("with %j ends with 2 as the run does", async (args, why) => {
    folder.list([4].map(url));
    await run("-o", "once");
    for (const name of ["journal/results.jsonl", "failures/failed.txt"]) {
      mkdirSync(folder.at(dirname(name)));
      folder.list(["mine"], name);
    }
    const before = leftIn(folder.path);
    const { code, stdout, stderr } = await dry(...args);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(why)]);
    expect(leftIn(folder.path)).toEqual(before);
    expect((await run(...args)).code).toBe(2);
  });

  it("ends with 2 where the run would, for the folder of another list or of another format", async () => {
    folder.list([1, 2, 3].map(url));
    await run();
    folder.list([11, 12].map(url));
    const { code, stdout, stderr } = await dry();
    expect([code, stdout]).toEqual([2, expect.stringContaining("0 saved; 3 saved lines are not in the list")]);
    expect(stderr).toContain("downloads: holds the run of another list, which a run refuses: use another folder (-o)");
    expect((await folder.run(["urls.txt"])).code).toBe(2);
    expect((await dry("--prune")).code).toBe(0);
    const other = await dry("--format", "tar");
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("holds a run in the format files")]);
  });
});
