// A resumed run fetches changed or missing files again, and leaves files that are not its own.

import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { runsAgain, TEN } from "../../support/folders/again.ts";
import { leftIn, pageOf, status, withoutGone } from "../../support/site.ts";

const { server, at, saved, list, run, fresh } = runsAgain();

describe("a saved file", () => {
  const broken: [string, (path: string) => void][] = [
    ["missing", (path) => rmSync(path)],
    ["truncated", (path) => truncateSync(path, 3)],
    ["longer", (path) => appendFileSync(path, "more")],
  ];
  it.each(broken)("that is %s is fetched again by a resumed run", async (_, damage) => {
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
    ["a symbolic link", (path) => symlinkSync(at("theirs"), path)],
  ];
  it.each(replaced)(
    "that was replaced by %s fails its line, and the replacement is not followed or changed",
    async (_, replace) => {
      list(TEN);
      await run();
      server.asked();
      // The link's target has the length of the page, so that only its type differs.
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
    },
  );
});

describe("a line that fails before its old file is replaced", () => {
  const ways: [string, () => void][] = [
    ["URL has changed", () => list([...TEN.slice(0, 3), "/late", ...TEN.slice(4)])],
    ["file is truncated", () => truncateSync(saved("000004.txt"), 3)],
  ];
  it.each(ways)("replaces the file when it succeeds, where its %s", async (_, change) => {
    list(TEN);
    await run();
    change();
    for (const path of ["/late", "/page-4"]) server.answers.set(path, status(503));
    expect((await run("--retries", "0")).code).toBe(1);
    server.answers.clear();
    // As if the run had ended long after the last change of that file.
    const lateMs = Date.now() + 5000;
    utimesSync(saved("results.jsonl"), lateMs / 1000, lateMs / 1000);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(withoutGone(leftIn(saved()))).toEqual(await fresh());
  });
});

describe("a file that is not the run's own", () => {
  it("is never replaced by a line of its name", async () => {
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

  it("is not replaced by a line that moves to its name", async () => {
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

  it("but another line's with the same {basename} is not replaced by later runs", async () => {
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
