// A failed.txt that no run has written is never changed; where it is the list, it is read.

import { spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runsAgain, TEN } from "../../support/folders/again.ts";
import { journalOf, status } from "../../support/site.ts";

const { server, at, saved, list, run, folder } = runsAgain();

describe("a user's failed.txt", () => {
  const OWN = ["", "my failures\n", "# a comment\n", "http://127.0.0.1:1/x\t000003\n", "http://127.0.0.1:1/x\n"];

  it.each(OWN)("in a folder without a run is not changed, and nothing is fetched: %j", async (content) => {
    list(TEN);
    for (const to of ["downloads", "."]) {
      mkdirSync(at(to), { recursive: true });
      writeFileSync(at(to, "failed.txt"), content);
      for (const more of [[], ["--force"], ["-u"], ["--retry-failed"]]) {
        const before = lstatSync(at(to, "failed.txt"), { bigint: true });
        const names = readdirSync(at(to));
        const { code, stderr } = await run("-o", to, ...more);
        expect([code, stderr]).toEqual([2, expect.stringMatching(/failed\.txt: is there already, .*move it away/)]);
        const { ino, ctimeNs } = lstatSync(at(to, "failed.txt"), { bigint: true });
        expect([ino, ctimeNs]).toEqual([before.ino, before.ctimeNs]);
        expect(readdirSync(at(to))).toEqual(names);
      }
    }
    expect(server.asked()).toEqual([]);
  });

  it.each([
    ["a folder", (path: string) => mkdirSync(path)],
    ["a symbolic link", (path: string) => symlinkSync("../notes.txt", path)],
    ["a pipe", (path: string) => void spawnSync("mkfifo", [path])],
  ])("that is %s is not changed, with and without an earlier run", async (_, make) => {
    list(TEN);
    list(["mine"], "notes.txt");
    server.answers.set("/page-1", status(404));
    for (const earlier of [false, true]) {
      if (earlier) await run();
      mkdirSync(saved(), { recursive: true });
      rmSync(saved("failed.txt"), { force: true });
      make(saved("failed.txt"));
      server.asked();
      for (const more of [[], ["--force"], ["--retry-failed"]]) {
        const before = readdirSync(saved());
        const { code, stderr } = await run(...more);
        expect([code, stderr]).toEqual([2, expect.stringMatching(/failed\.txt: is .*move it away/)]);
        expect(readdirSync(saved())).toEqual(before);
      }
      expect(server.asked()).toEqual([]);
      rmSync(saved("failed.txt"), { recursive: true });
    }
  });

  it("in the folder of an earlier run is not changed by a resumed run or by --force", async () => {
    list(TEN);
    server.answers.set("/page-1", status(404));
    await run();
    for (const content of ["my failures\n", `${server.url("/page-3")}\n`]) {
      writeFileSync(saved("failed.txt"), content);
      server.asked();
      for (const more of [[], ["--force"], ["-u"]]) {
        const { code, stderr } = await run(...more);
        expect([code, stderr]).toEqual([2, expect.stringContaining("downloads/failed.txt:1: has no number")]);
        expect(readFileSync(saved("failed.txt"), "utf8")).toBe(content);
      }
      expect(server.asked()).toEqual([]);
    }
    writeFileSync(saved("failed.txt"), `# mine\n${server.url("/page-1")}\t000001\n`);
    const forced = await run("--force");
    expect([forced.code, forced.stderr]).toEqual([2, expect.stringContaining("downloads/failed.txt:1: is a comment")]);
  });

  it.each([
    ["plain lines", (i: number) => `/page-${i}`],
    ["numbers", (i: number) => `/page-${i}\t${i + 10}`],
    ["names and numbers", (i: number) => `/page-${i}\tn${i}.txt\tn=${i + 10}`],
  ])("that is the list itself, with %s, is read by every run and never changed", async (_, line) => {
    const text = `# mine\n${TEN.map((_, i) => `${server.url(line(i + 1))}\n`).join("")}\n# end`;
    writeFileSync(at("failed.txt"), text);
    const runIt = (...more: readonly string[]) => folder.run(["failed.txt", "-o", ".", ...more]);
    server.answers.set("/page-1", status(404));
    server.answers.set("/page-2", status(404));
    const first = await runIt();
    expect(first.code, first.stderr).toBe(1);
    expect(first.stderr).toContain("failed.txt: is the list itself and stays as it is");
    expect(server.asked()).toHaveLength(10);
    server.answers.delete("/page-1");
    const second = await runIt("--retry-failed");
    expect(second.code, second.stderr).toBe(1);
    expect(server.asked()).toEqual(["/page-1", "/page-2"]);
    server.answers.clear();
    const third = await runIt("--retry-failed");
    expect(third.code, third.stderr).toBe(0);
    expect((await runIt("--force")).code).toBe(2);
    expect(readFileSync(at("failed.txt"), "utf8")).toBe(text);
    expect(journalOf(at()).filter(({ outcome }) => outcome === "saved")).toHaveLength(10);
  });

  it.each([["a first run"], ["a run with --retry-failed", "--retry-failed"]])(
    "that is created during %s stays, and the run's failures go to failed.txt.new",
    async (_, ...more) => {
      list(TEN);
      for (const path of ["/page-1", "/page-2"]) server.answers.set(path, status(404));
      if (more.length > 0) await run();
      server.answers.set("/page-2", (_, response) => {
        writeFileSync(saved("failed.txt"), "mine");
        response.end("x");
      });
      const { code, stderr } = await run(...more);
      expect(code, stderr).toBe(3);
      expect(stderr).toContain(
        "downloads/failed.txt is no longer the run's: what failed is in downloads/failed.txt.new",
      );
      expect(readFileSync(saved("failed.txt"), "utf8")).toBe("mine");
      expect(readFileSync(saved("failed.txt.new"), "utf8")).toBe(`${server.url("/page-1")}\t000001\n`);
      expect(readdirSync(saved()).filter((name) => !/^0000/.test(name))).toEqual([
        "failed.txt",
        "failed.txt.new",
        "results.jsonl",
        "runs.jsonl",
      ]);
    },
  );
});
