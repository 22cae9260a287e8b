// What the command says to a person who does not know it yet: without words, with a misspelt one, with a list on a terminal.

import { describe, expect, it } from "vitest";
import { linesOf, own, ownFolder, ownSite } from "../../support/own.ts";
import { TMUX, watchedTerminal } from "../../support/process/terminal.ts";
import { graceOf } from "../../support/process/under-way.ts";
import { status } from "../../support/site.ts";

const site = ownSite();
const folder = ownFolder();

describe("bulkget", () => {
  it("alone prints a short help with three examples", async () => {
    const { code, stdout, stderr } = await folder.run([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatchInlineSnapshot(`
      "Downloads every URL of a list into numbered files: line 42 becomes 000042.

      Usage: bulkget [options] <list...>

      Examples:
        bulkget urls.txt -c 50                     into downloads/, by line number
        zcat big.gz | bulkget - -o out --report -  records to stdout as they come
        bulkget urls.txt -u -q --fail-on 5%        for cron: 1 if 5 % or more fail

      bulkget --help lists the options, bulkget help all explains them.
      "
    `);
  });

  it.each([
    ["tun", "tune"],
    ["tun --sample 3 urls.txt", "tune"],
    ["hlep all", "help"],
    ["completoin bash", "completion"],
  ])("%s has a typo in its first word, and says so", async (words, meant) => {
    folder.list([site.url("/")]);
    const { code, stderr } = await folder.run(words.split(" "));
    expect([code, stderr]).toEqual([
      2,
      `bulkget: there is no file ${words.split(" ")[0]}; did you mean bulkget ${meant}?\n`,
    ]);
  });

  it("with flags of wget says what -c is here, and with those of aria2 what is no proxy", async () => {
    folder.list([site.url("/")]);
    const wget = await folder.run(["-c", "-i", "urls.txt"]);
    expect(wget.stderr).toContain("-c is the number of requests at a time here, and a run resumes by itself");
    const aria2 = await folder.run(["-x", "16", "urls.txt"]);
    expect([aria2.code, aria2.stderr]).toEqual([2, expect.stringContaining("not a proxy that can be used")]);
  });

  it("-q prints nothing but what is fatal", async () => {
    site.answers.set("/gone", status(404));
    folder.list([site.url("/"), site.url("/gone"), "no URL"]);
    const { code, stderr } = await folder.run(["urls.txt", "-q"]);
    expect([code, stderr]).toEqual([1, ""]);
    const fatal = await folder.run(["none.txt", "-q"]);
    expect([fatal.code, fatal.stderr]).toEqual([
      2,
      "bulkget: none.txt: the list cannot be read: there is no such file\n",
    ]);
  });

  it("--progress none leaves the summary, and keeps -v", async () => {
    site.answers.set("/gone", status(404));
    folder.list([site.url("/"), site.url("/gone")]);
    const quiet = await folder.run(["urls.txt", "--progress", "none"]);
    expect(quiet.stderr).toMatch(/^saved {3}1 /);
    const loud = await folder.run(["urls.txt", "--progress", "none", "-v", "--force"]);
    expect(loud.stderr.split("\n").slice(0, 2).sort()).toEqual([
      expect.stringMatching(/^urls\.txt:1: saved 000001/),
      `urls.txt:2: 404 Not Found: ${site.url("/gone")}`,
    ]);
    expect(loud.stderr).toContain("\nsaved   1 ");
  });

  it("names a line by its number where that is not the file's line", async () => {
    site.answers.set("/gone", status(404));
    folder.list(["# first", `${site.url("/gone")}\t000244`]);
    expect((await folder.run(["urls.txt"])).stderr).toContain(`#244: 404 Not Found: ${site.url("/gone")}\n`);
    folder.list(["url", site.url("/gone")], "t.csv");
    expect((await folder.run(["t.csv", "-o", "out"])).stderr).toContain(`#1: 404 Not Found: ${site.url("/gone")}\n`);
    expect((await folder.run([site.url("/gone"), "-o", "one"])).stderr).toMatch(/^#1: 404 Not Found: http/);
  });
});

describe("the command at the end of the summary", () => {
  const again = (stderr: string) => /^again {3}(.*?)(?: {2}|$)/m.exec(stderr)?.[1] ?? "";
  const argumentsOf = (command: string) => command.split(" ").slice(1);

  it("tries again what may pass: for a file the same command, without --force", async () => {
    site.answers.set("/busy", status(500));
    folder.list([site.url("/"), site.url("/busy")]);
    const { stderr } = await folder.run(["urls.txt", "--retries", "0", "--force"]);
    expect(again(stderr)).toBe("bulkget urls.txt --retries 0");
    site.answers.delete("/busy");
    expect(site.asked()).toEqual(["/", "/busy"]);
    expect((await folder.run(argumentsOf(again(stderr)))).code).toBe(0);
    expect(site.asked()).toEqual(["/busy"]);
  });

  it("for standard input has failed.txt in its place", async () => {
    site.answers.set("/busy", status(500));
    const stdin = linesOf([site.url("/"), site.url("/busy")]);
    const { stderr } = await folder.run(["-", "--retries", "0", "-o", "out"], { stdin });
    expect(again(stderr)).toBe("bulkget out/failed.txt --retries 0 -o out");
    site.answers.delete("/busy");
    site.asked();
    expect((await folder.run(argumentsOf(again(stderr)))).code).toBe(0);
    expect(site.asked()).toEqual(["/busy"]);
  });

  it("has no secrets", async () => {
    site.answers.set("/busy", status(500));
    folder.list([site.url("/busy")]);
    const { stderr } = await folder.run(["urls.txt", "--retries", "0", "-H", "Authorization: secret"]);
    expect(again(stderr)).toBe("run the same command");
    expect(stderr).not.toContain("secret");
  });

  it("goes on after --deadline", async () => {
    site.answers.set("/held", () => {});
    folder.list([site.url("/"), site.url("/held"), site.url("/held")]);
    const { code, stderr } = await folder.run(["urls.txt", "--deadline", "500ms", "-c", "2"], {
      env: graceOf(0),
    });
    expect(code).toBe(4);
    expect(stderr).toMatch(/\nagain {3}bulkget urls\.txt --deadline 500ms -c 2 {2}\((?:the|about) 2 left\)\n/);
  });
});

describe.skipIf(TMUX === undefined)("standard input that is a terminal", () => {
  it("is announced, and read until ^D", async () => {
    const terminal = own(watchedTerminal(["-"], { cwd: folder.path, columns: 100, rows: 20 }));
    const announced = "bulkget: reading URLs from this terminal, one per line, until ^D on a line of its own";
    await terminal.until((screen) => screen.includes(announced));
    terminal.press(site.url("/typed"), "Enter", "C-d");
    expect(await terminal.ended).toBe(0);
    expect(site.asked()).toEqual(["/typed"]);
  });
});
