// A run of failed.txt: every line keeps its number and name, and no other line's file changes.

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { shell } from "../../support/command.ts";
import { editFile, runsAgain, TEN } from "../../support/folders/again.ts";
import { leftIn, status } from "../../support/site.ts";

const { server, at, saved, list, run, fresh, folder } = runsAgain();

/** Runs failed.txt of the run before. */
const feedBack = (...args: readonly string[]) => folder.run(["downloads/failed.txt", ...args]);
const failures = () => readFileSync(saved("failed.txt"), "utf8");

/** Runs the list TEN, of which these paths fail. */
async function failing(...paths: readonly string[]): Promise<void> {
  list(TEN);
  for (const path of paths) server.answers.set(path, status(404));
  await run();
  server.answers.clear();
  server.asked();
}

describe("failed.txt as the list", () => {
  it("keeps file names that only look like numbers", async () => {
    const names = ["0x10", "1.0", "1e1", "+16", "18", "１６", "1_6", "007", "0b1", "1234567890123456"];
    // Each name is on the line whose number it resembles.
    const places = [16, 1, 10, 17, 18, 19, 20, 7, 2, 21];
    const lines = Array.from({ length: 22 }, (_, i) => `/${i + 1}`);
    for (const [i, name] of names.entries()) {
      const line = (places[i] ?? 0) - 1;
      lines[line] = `${server.url(lines[line] ?? "")}\t${name}`;
    }
    list(lines);
    const expected = await fresh();
    for (const place of places) server.answers.set(`/${place}`, status(404));
    expect((await run()).code).toBe(1);
    server.answers.clear();
    server.asked();
    const { code, stderr } = await feedBack();
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(places.map((place) => `/${place}`).sort());
    expect(leftIn(saved()).files).toEqual(expected.files);
  });

  it("with a line that has no number is refused by file and line before any request", async () => {
    await failing("/page-2", "/page-9");
    for (const line of [server.url("/new"), `${server.url("/new")}\tname.html`, "something else"]) {
      const text = failures();
      editFile(saved("failed.txt"), `${text}${line}\n`);
      const before = leftIn(saved());
      for (const args of [["downloads/failed.txt"], ["urls.txt"], ["-", "--retry-failed"]]) {
        const { code, stderr } = await folder.run(args, { stdin: readFileSync(at("urls.txt"), "utf8") });
        expect([code, stderr]).toEqual([2, expect.stringContaining("downloads/failed.txt:3: has no number")]);
        expect(leftIn(saved())).toEqual(before);
      }
      editFile(saved("failed.txt"), text);
    }
    expect(server.asked()).toEqual([]);
  });

  it.each([
    ["through a pipe", "cat downloads/failed.txt more | bulkget -", "line 3"],
    ["through a pipe in two pieces", "{ cat downloads/failed.txt; sleep 0.3; cat more; } | bulkget -", "line 3"],
    ["in a file of another name", "cat downloads/failed.txt more > both; bulkget both", "line 3"],
    ["before its lines", "cat more downloads/failed.txt > both; bulkget both", "line 1"],
    ["in a second list", "cp downloads/failed.txt copy; bulkget copy more", "more:1"],
    ["in a list before it", "cp downloads/failed.txt copy; bulkget more copy", "more:1"],
  ])("together with unnumbered URLs, %s, is refused and overwrites nothing", async (_, line, place) => {
    await failing("/page-2", "/page-9");
    for (const more of ["/new", "/new\tname.html"]) {
      writeFileSync(at("more"), `${server.url(more)}\n${server.url("/other")}\n`);
      const before = leftIn(saved()).files;
      const { code, stderr } = await shell(line, { cwd: at() });
      expect([code, stderr]).toEqual([2, expect.stringContaining(`${place}: has no number`)]);
      expect(stderr).toContain("a folder (-o) of its own");
      expect(leftIn(saved()).files).toMatchObject(before);
      expect(server.asked().filter((path) => !path.startsWith("/page-"))).toEqual([]);
    }
  });

  it("with some of its lines removed leaves the removed failures recorded and listed", async () => {
    await failing("/page-2", "/page-4", "/page-9");
    const lines = failures()
      .split(/(?<=\n)/)
      .sort();
    for (const path of ["/page-2", "/page-4", "/page-9"]) server.answers.set(path, status(404));
    editFile(saved("failed.txt"), lines.toSpliced(1, 1).join(""));
    expect((await feedBack()).code).toBe(1);
    expect(
      failures()
        .split(/(?<=\n)/)
        .sort(),
    ).toEqual(lines);
    server.asked();
    const { stderr } = await run();
    expect(stderr).toContain("7 saved earlier, 3 failed for good");
    expect(server.asked()).toEqual([]);
  });

  it("beside other lists is refused", async () => {
    await failing("/page-2", "/page-9");
    writeFileSync(at("more"), `${server.url("/new")}\n`);
    const before = leftIn(saved());
    for (const lists of [["urls.txt"], ["more"]]) {
      for (const args of [
        ["downloads/failed.txt", ...lists],
        [...lists, "downloads/failed.txt"],
      ]) {
        const { code, stderr } = await folder.run(args);
        expect([code, stderr]).toEqual([2, expect.stringContaining("failed.txt: is fed back by itself only")]);
        expect(leftIn(saved())).toEqual(before);
      }
    }
    expect(server.asked()).toEqual([]);
  });

  it("is not confused with a list that numbers some of its lines, which is resumed as usual", async () => {
    const lines = TEN.map((path, i) => (i % 3 === 1 ? `${server.url(path)}\t${100 + i}` : path));
    list(lines);
    server.answers.set(TEN[1] ?? "", status(404));
    server.answers.set(TEN[2] ?? "", status(404));
    expect((await run()).code).toBe(1);
    server.answers.clear();
    for (const edited of [
      [...lines, "/new"],
      ["/first", ...lines, "/new"],
    ]) {
      list(edited);
      const { code, stderr } = await run("--retry-failed");
      expect(code, stderr).toBe(0);
      expect(leftIn(saved()).files).toEqual((await fresh()).files);
      await folder.run(["urls.txt", "-o", "fresh", "--force"]);
    }
  });

  it("keeps lines that still fail or were not reached, and a user's numbered lines and comments", async () => {
    await failing("/page-2", "/page-4", "/page-9");
    const own = ["# mine: look at these again", `# ${server.url("/page-3")}`];
    const added = `${server.url("/new")}\tnew.html\tn=99`;
    const lines = failures().trimEnd().split("\n").sort();
    for (const path of TEN) server.answers.set(path, status(404));
    for (const args of [["urls.txt"], ["downloads/failed.txt", "--max-failures", "1", "-c", "1", "--order", "list"]]) {
      editFile(saved("failed.txt"), `${[own[0], ...lines, own[1], "", added].join("\n")}\n`);
      await folder.run(args);
      const left = failures()
        .split("\n")
        .filter((line) => line !== "");
      expect(left.sort()).toEqual([...own, ...lines, added].sort());
    }
    server.answers.clear();
    server.answers.set("/page-4", status(404));
    expect((await feedBack()).code).toBe(1);
    expect(failures().trimEnd().split("\n").sort()).toEqual([...own, lines[1]].sort());
    expect(leftIn(saved()).files).toHaveProperty(["new.html"]);
    server.answers.clear();
    expect((await feedBack()).code).toBe(0);
    expect(failures().trimEnd().split("\n")).toEqual(own);
  });
});
