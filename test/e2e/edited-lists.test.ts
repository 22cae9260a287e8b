// A list that was edited between runs: what was saved goes where its line is, and only what is new is asked for.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runsAgain, TEN } from "../support/again.ts";
import { journalOf, leftIn, pageOf, status, withoutGone } from "../support/site.ts";

const { server, folder, at, saved, list, run, fresh } = runsAgain();

const page = (path: string) => pageOf(path).toString("latin1");
const named = (path: string, name: string) => `${server.url(path)}\t${name}`;
const digest = (path: string) => createHash("sha256").update(pageOf(path)).digest("hex");

/** Runs a list to its end, then another one; returns what was asked for by the second run, which leaves what a fresh one does. */
async function changed(before: readonly string[], after: readonly string[], ...args: string[]): Promise<string[]> {
  list(before);
  expect((await run(...args)).code).toBe(0);
  server.asked();
  list(after);
  const { code, stderr } = await run(...args);
  const asked = server.asked();
  expect(code, stderr).toBe(0);
  expect(withoutGone(leftIn(saved()))).toEqual(await fresh(...args));
  return asked;
}

describe("moved lines are found", () => {
  const doubled = (lines: readonly string[]) => lines.flatMap((line) => [line, ""]);

  it("where a comment was put on top of a double-spaced list", async () => {
    expect(await changed(doubled(TEN), ["# mine", ...doubled(TEN)])).toEqual([]);
  });

  it("where a list was double-spaced, and where it is no more", async () => {
    expect(await changed(TEN, doubled(TEN))).toEqual([]);
    expect(await changed(doubled(TEN), TEN)).toEqual([]);
  });

  it("where a comment was put on top of a list with names", async () => {
    const names = TEN.map((path) => named(path, `${path.slice(1)}.bin`));
    expect(await changed(names, ["# mine", ...names])).toEqual([]);
  });

  it("where a line was put after the first one", async () => {
    expect(await changed(TEN, [TEN[0] ?? "", "/new", ...TEN.slice(1)])).toEqual(["/new"]);
  });

  it("where a line was commented out, and in again", async () => {
    list(TEN);
    await run();
    server.asked();
    const was = leftIn(saved());
    for (const lines of [[...TEN.slice(0, 4), `# ${server.url("/page-5")}`, ...TEN.slice(5)], TEN]) {
      list(lines);
      expect((await run()).code).toBe(0);
      expect(server.asked()).toEqual([]);
      expect(leftIn(saved())).toEqual(was);
    }
  });

  it("where all of it moved by less than there is of it, with numbers, names and one URL twice", async () => {
    const lines = ["/a", "/b\t\tn=77", "/c\tx.txt", "/a", "/d"].map((line) => server.url(line));
    expect(await changed(lines, ["/new", "", ...lines.toReversed()])).toEqual(["/new"]);
  });

  it("by several processes as well", async () => {
    const lines = [...TEN.slice(0, 8), named("/x", "x.txt"), named("/y", "y.txt")];
    const after = ["/new", named("/z", "x.txt"), ...lines.slice(0, 8), named("/x", "y.txt"), named("/y", "z.txt")];
    expect(await changed(lines, after, "--workers", "2")).toEqual(["/new", "/z"]);
  });

  it("with their failures: what failed for good is not asked for again", async () => {
    server.answers.set("/missing", status(404));
    list(["/missing", ...TEN.slice(0, 3), "/missing"]);
    expect((await run()).code).toBe(1);
    server.asked();
    list(["# mine", "", "/missing", ...TEN.slice(0, 3), "/missing"]);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(1);
    expect(server.asked()).toEqual([]);
    const { records, failed } = leftIn(saved());
    expect(records.map(({ n, outcome }) => [n, outcome])).toEqual([
      ...[
        [3, "failed"],
        [4, "saved"],
        [5, "saved"],
        [6, "saved"],
        [7, "failed"],
      ],
    ]);
    expect(failed).toEqual([`${server.url("/missing")}\t000003`, `${server.url("/missing")}\t000007`]);
  });
});

describe("a line that is no longer in the list, and has no file", () => {
  it.each([
    ["a list from a file", "urls.txt"],
    ["standard input", "-"],
  ])("leaves no record: neither a failure, nor one whose file somebody has removed (%s)", async (_, source) => {
    server.answers.set("/none", status(404));
    const runOf = async (lines: readonly string[]) => {
      list(lines);
      const stdin = readFileSync(at("urls.txt"), "utf8");
      return await folder.run([source], { stdin });
    };
    expect((await runOf(["/a", "/none", "/b"])).code).toBe(1);
    rmSync(saved("000003.txt"));
    const { code, stderr } = await runOf(["/a"]);
    expect(code, stderr).toBe(0);
    expect(leftIn(saved())).toEqual(await fresh());
    expect((await runOf(["/a"])).stderr).not.toContain("missing");
  });
});

describe("a name that the list gives", () => {
  it.each([
    ["is exchanged with another line's", ["a\tx", "b\ty", "c"], ["a\ty", "b\tx", "c"]],
    ["goes round in a ring", ["a\tx", "b\ty", "c\tz"], ["a\ty", "b\tz", "c\tx"]],
    ["is another one", ["a\tx", "b"], ["a\ty", "b"]],
    ["is new", ["a", "b"], ["a\tcats/x", "b"]],
    ["is taken away", ["a\tcats/x", "b"], ["a", "b"]],
    ["is the number of another line", ["a", "b"], ["a\t000002.txt", "b\tx"]],
    ["is exchanged between lines that moved", ["a\tx", "b\ty", "c"], ["", "c", "b\tx", "", "a\ty"]],
  ])("%s: the file is renamed, and nothing is asked for", async (_, before, after) => {
    const lines = (all: readonly string[]) => all.map((line) => (line === "" ? "" : server.url(`/${line}`)));
    list(lines(before));
    expect((await run()).code).toBe(0);
    server.asked();
    list(lines(after));
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual([]);
    const { files, ...rest } = leftIn(saved());
    const { files: wanted, ...others } = await fresh();
    expect(rest).toEqual(others);
    expect(files).toEqual({ ...(existsSync(saved("cats")) ? { cats: "folder" } : {}), ...wanted });
  });

  it("of two moved lines is the lower's: the other fails, its body is kept, and comes back", async () => {
    list(["/a", "/b", "/c"]);
    await run();
    server.asked();
    list(["# mine", named("/a", "x.txt"), named("/b", "x.txt"), "/c"]);
    for (const more of [[], [], ["--retry-failed"]]) {
      const { code, stderr } = await run(...more);
      expect(code, stderr).toBe(1);
      expect(server.asked()).toEqual([]);
      const { files, records } = leftIn(saved());
      expect(files["x.txt"]).toBe(page("/a"));
      expect(Object.values(files)).toContain(page("/b"));
      expect(records).toMatchObject([
        { n: 2, outcome: "saved", file: "x.txt" },
        { n: 3, error: "file_exists" },
        { n: 4, outcome: "saved" },
      ]);
      expect(records[1]).not.toHaveProperty("file");
    }
    list(["# mine", named("/a", "x.txt"), named("/b", "y.txt"), "/c"]);
    expect((await run()).code).toBe(0);
    expect(server.asked()).toEqual([]);
    expect(leftIn(saved())).toEqual(await fresh());
  });

  it("that a lower line has by now is not the one's that had it", async () => {
    list(["/a", named("/b", "x.txt")]);
    await run();
    server.asked();
    list([named("/new", "x.txt"), named("/b", "x.txt"), "/a"]);
    expect((await run()).code).toBe(1);
    expect(server.asked()).toEqual(["/new"]);
    const { files, records } = leftIn(saved());
    expect(files).toMatchObject({ "x.txt": page("/new"), "000003.txt": page("/a") });
    expect(Object.values(files)).toContain(page("/b"));
    expect(records.map(({ outcome }) => outcome)).toEqual(["saved", "failed", "saved"]);
  });
});

describe("a name that a user's file has", () => {
  it("is not taken by a line that moves: it fails without a request, and its body is kept until the name is free", async () => {
    list(TEN);
    await run();
    server.asked();
    writeFileSync(saved("000011.txt"), "mine");
    list(["/new", ...TEN]);
    expect((await run()).code).toBe(1);
    expect(server.asked()).toEqual(["/new"]);
    for (const more of [[], ["--retry-failed"], ["-u"]]) {
      expect((await run(...more)).code).toBe(1);
      expect(server.asked()).not.toContain("/page-10");
      const { files, records } = leftIn(saved());
      expect(files["000011.txt"]).toBe("mine");
      expect(Object.values(files)).toContain(page("/page-10"));
      expect(records.filter(({ outcome }) => outcome === "failed")).toMatchObject([{ n: 11, error: "file_exists" }]);
    }
    rmSync(saved("000011.txt"));
    expect((await run("--retry-failed")).code).toBe(0);
    expect(server.asked()).toEqual([]);
    expect(leftIn(saved())).toEqual(await fresh());
  });

  it("costs no line of a ring its body", async () => {
    list([named("/a", "x"), named("/b", "y"), named("/c", "z")]);
    await run();
    server.asked();
    rmSync(saved("y"));
    mkdirSync(saved("y"));
    list([named("/a", "y"), named("/b", "z"), named("/c", "x")]);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(1);
    expect(server.asked()).toEqual(["/b"]);
    const { files } = leftIn(saved());
    expect(files).toMatchObject({ y: "folder", z: page("/b"), x: page("/c") });
    expect(Object.values(files)).toContain(page("/a"));
  });
});

describe("a digest that is new", () => {
  it("and fits the file that is there is recorded without a request; it may go again, too", async () => {
    list(["/a", "/b"]);
    await run();
    server.asked();
    list([`${server.url("/a")}\tsha256=${digest("/a")}`, "/b"]);
    for (const _ of [1, 2]) {
      expect((await run()).code).toBe(0);
      expect(server.asked()).toEqual([]);
      expect(journalOf(saved())[0]).toMatchObject({ outcome: "saved", file: "000001.txt", sha256: digest("/a") });
    }
    list(["/a", "/b"]);
    expect((await run()).code).toBe(0);
    expect(server.asked()).toEqual([]);
  });

  it("and does not fit has the line fetched again; the file stays until there is a better one", async () => {
    list(["/a", "/b"]);
    await run();
    server.asked();
    list([`${server.url("/a")}\tsha256=${digest("/other")}`, "/b"]);
    for (const _ of [1, 2]) {
      expect((await run("--retries", "0")).code).toBe(1);
      expect(server.asked()).toEqual(["/a"]);
      expect(readFileSync(saved("000001.txt"), "latin1")).toBe(page("/a"));
      expect(journalOf(saved())[0]).toMatchObject({ error: "checksum_mismatch", file: "000001.txt" });
    }
    list(["/a", "/b"]);
    expect((await run()).code).toBe(0);
    expect(server.asked()).toEqual([]);
    list([`${server.url("/a")}\tsha256=${digest("/other")}`, "/b"]);
    await run("--retries", "0");
    server.answers.set(
      "/a",
      (_, response) => void response.setHeader("content-type", "text/plain").end(pageOf("/other")),
    );
    expect((await run()).code).toBe(0);
    expect(readFileSync(saved("000001.txt"), "latin1")).toBe(page("/other"));
  });

  it("and does not fit leaves the file to whoever wants it as it is: another line of its name and URL, for one", async () => {
    list([named("/a", "x.txt")]);
    await run();
    list([`${named("/a", "x.txt")}\tsha256=${digest("/other")}`, named("/a", "x.txt")]);
    expect((await run("--retries", "0")).code).toBe(1);
    server.asked();
    list(["/b", named("/a", "x.txt")]);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(["/b"]);
    const { files, records } = leftIn(saved());
    expect(files).toEqual((await fresh()).files);
    expect(records).toMatchObject([{ outcome: "saved" }, { outcome: "saved", file: "x.txt" }]);
  });

  it("and does not fit leaves the file to its line: a later one of that name does not have it as well", async () => {
    const how = ["--name", "{stem}{ext}", "--retries", "0"];
    list(["/a"]);
    await run(...how);
    list([`${server.url("/a")}\tsha256=${digest("/other")}`, "/a"]);
    for (const _ of [1, 2]) {
      expect((await run(...how)).code).toBe(1);
      expect(journalOf(saved())).toMatchObject([
        { n: 1, error: "checksum_mismatch", file: "a.txt" },
        { n: 2, error: "file_exists" },
      ]);
      expect(journalOf(saved())[1]).not.toHaveProperty("file");
    }
  });
});

describe("between runs with other options", () => {
  it("files keep the folder that --per-dir gave them, and lines that move go where it says now", async () => {
    list(TEN);
    await run("--per-dir", "4");
    server.asked();
    expect((await run()).code).toBe(0);
    expect(Object.keys(leftIn(saved()).files)).toContain("000000/000003.txt");
    list(["", ...TEN]);
    expect((await run()).code).toBe(0);
    expect(server.asked()).toEqual([]);
    const { files, records } = leftIn(saved());
    expect(records.map(({ file }) => file)).toEqual(TEN.map((_, i) => `${String(i + 2).padStart(6, "0")}.txt`));
    expect(files["000002.txt"]).toBe(page("/page-1"));
  });

  it("linked files of --dedupe move like any other", async () => {
    list(["/a", "/b", "/a", "/c"]);
    await run("--dedupe");
    server.asked();
    list(["/c", "", "/a", "/b", "/a"]);
    expect((await run("--dedupe")).code).toBe(0);
    expect(server.asked()).toEqual([]);
    const { files, records } = leftIn(saved());
    expect(files).toEqual((await fresh()).files);
    // The line that had the file first has another number by now.
    expect(records.find(({ n }) => n === 5)).not.toHaveProperty("duplicate_of");
  });

  it("-u asks for what moved as for what did not", async () => {
    list(TEN.slice(0, 3));
    await run();
    server.asked();
    list(["", ...TEN.slice(0, 3), "/new"]);
    expect((await run("-u")).stderr).toContain("updating, 3 moved within the list, 4 to look at\n");
    expect(server.asked()).toEqual(["/new", ...TEN.slice(0, 3)]);
    expect(leftIn(saved())).toEqual(await fresh());
  });
});
