// After the list was edited between runs, saved files move with their lines, and only new lines are fetched.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runsAgain, TEN } from "../../support/folders/again.ts";
import { journalOf, leftIn, pageOf, status, withoutGone } from "../../support/site.ts";

const { server, folder, at, saved, list, run, fresh } = runsAgain();

const page = (path: string) => pageOf(path).toString("latin1");
const named = (path: string, name: string) => `${server.url(path)}\t${name}`;
const digest = (path: string) => createHash("sha256").update(pageOf(path)).digest("hex");

/** Runs a list, then another one, which must leave a fresh run's folder; returns the second run's requests. */
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

describe("moved lines keep their files, and only new lines are fetched,", () => {
  const doubled = (lines: readonly string[]) => lines.flatMap((line) => [line, ""]);

  it("after a comment was inserted above a list with blank lines between", async () => {
    expect(await changed(doubled(TEN), ["# mine", ...doubled(TEN)])).toEqual([]);
  });

  it("after blank lines were inserted between all lines, and after they were removed", async () => {
    expect(await changed(TEN, doubled(TEN))).toEqual([]);
    expect(await changed(doubled(TEN), TEN)).toEqual([]);
  });

  it("after a comment was inserted above a list with names", async () => {
    const names = TEN.map((path) => named(path, `${path.slice(1)}.bin`));
    expect(await changed(names, ["# mine", ...names])).toEqual([]);
  });

  it("after a line was inserted behind the first one", async () => {
    expect(await changed(TEN, [TEN[0] ?? "", "/new", ...TEN.slice(1)])).toEqual(["/new"]);
  });

  it("after a line was commented out and in again", async () => {
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

  it("after a list with numbers, names and a repeated URL was reversed and moved down", async () => {
    const lines = ["/a", "/b\t\tn=77", "/c\tx.txt", "/a", "/d"].map((line) => server.url(line));
    expect(await changed(lines, ["/new", "", ...lines.toReversed()])).toEqual(["/new"]);
  });

  it("with --workers 2", async () => {
    const lines = [...TEN.slice(0, 8), named("/x", "x.txt"), named("/y", "y.txt")];
    const after = ["/new", named("/z", "x.txt"), ...lines.slice(0, 8), named("/x", "y.txt"), named("/y", "z.txt")];
    expect(await changed(lines, after, "--workers", "2")).toEqual(["/new", "/z"]);
  });

  it("and permanent failures move with them", async () => {
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

describe("a line without a file that was removed from the list", () => {
  it.each([
    ["list file", "urls.txt"],
    ["standard input", "-"],
  ])("leaves no record, whether it failed or its file was deleted (%s)", async (_, source) => {
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

describe("a file name in the list", () => {
  it.each([
    ["swapped with another line's name", ["a\tx", "b\ty", "c"], ["a\ty", "b\tx", "c"]],
    ["rotated among three lines", ["a\tx", "b\ty", "c\tz"], ["a\ty", "b\tz", "c\tx"]],
    ["changed", ["a\tx", "b"], ["a\ty", "b"]],
    ["added", ["a", "b"], ["a\tcats/x", "b"]],
    ["removed", ["a\tcats/x", "b"], ["a", "b"]],
    ["changed to another line's numbered name", ["a", "b"], ["a\t000002.txt", "b\tx"]],
    ["swapped between moved lines", ["a\tx", "b\ty", "c"], ["", "c", "b\tx", "", "a\ty"]],
  ])("that was %s renames the saved file without a request", async (_, before, after) => {
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

  it("that two moved lines share belongs to the lower line number; the other line fails, and its body is kept", async () => {
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

  it("that a new line with a lower number shares is taken from the line that had it", async () => {
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

describe("the name of a user's file", () => {
  it("is not overwritten by a moved line, which fails without a request and whose body is kept", async () => {
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

  it("interrupts a rotation of names without the loss of a body", async () => {
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

describe("a digest that was added to the list", () => {
  it("and matches the saved file is recorded without a request, and can be removed again", async () => {
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

  it("and does not match makes the line fetched again, and the old file stays until a body matches", async () => {
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

  it("and does not match leaves the file to another line with the same name and URL", async () => {
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

  it("and does not match leaves the file to its line, and not to a later line of the same name", async () => {
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

describe("between runs with different options,", () => {
  it("files stay in their --per-dir folders, and files of moved lines go where the present options put them", async () => {
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

  it("hard-linked files of --dedupe move with their lines", async () => {
    list(["/a", "/b", "/a", "/c"]);
    await run("--dedupe");
    server.asked();
    list(["/c", "", "/a", "/b", "/a"]);
    expect((await run("--dedupe")).code).toBe(0);
    expect(server.asked()).toEqual([]);
    const { files, records } = leftIn(saved());
    expect(files).toEqual((await fresh()).files);
    // The line that fetched the file has another number now.
    expect(records.find(({ n }) => n === 5)).not.toHaveProperty("duplicate_of");
  });

  it("-u requests moved and unmoved lines", async () => {
    list(TEN.slice(0, 3));
    await run();
    server.asked();
    list(["", ...TEN.slice(0, 3), "/new"]);
    expect((await run("-u")).stderr).toContain("updating, 3 moved within the list, 4 to look at\n");
    expect(server.asked()).toEqual(["/new", ...TEN.slice(0, 3)]);
    expect(leftIn(saved())).toEqual(await fresh());
  });
});
