// A list that differs too much from the folder's own is refused; only --prune and --force remove saved files.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runsAgain, TEN } from "../../support/folders/again.ts";
import { journalOf, leftIn, pageOf, status } from "../../support/site.ts";

const { server, folder, at, saved, list, run, fresh } = runsAgain();

const page = (path: string) => pageOf(path).toString("latin1");

/** Runs the first list, then the second, which must be refused without a request and without any change to the folder. */
async function refused(before: readonly string[], after: readonly string[], counts: string): Promise<void> {
  list(before);
  expect((await run()).code).toBe(0);
  server.asked();
  const was = leftIn(saved());
  const journal = readFileSync(saved("results.jsonl"));
  list(after);
  const stdin = readFileSync(at("urls.txt"), "utf8");
  for (const ran of [await run(), await folder.run(["-"], { stdin })]) {
    expect(ran.code, ran.stderr).toBe(2);
    expect(ran.stderr).toContain("downloads: holds the run of another list (results.jsonl)");
    for (const way of ["-o", "--prune", "--force"]) expect(ran.stderr).toContain(way);
    expect(server.asked()).toEqual([]);
    expect(leftIn(saved())).toEqual(was);
    expect(readFileSync(saved("results.jsonl")).equals(journal)).toBe(true);
  }
  expect((await run()).stderr).toContain(counts);
}

describe("another list in the folder of an earlier run is refused with line counts, and changes nothing:", () => {
  it("the last lines of the earlier list", () =>
    refused(TEN, TEN.slice(-2), "0 lines of this list are known, 2 moved, 0 are new; 8 saved lines are not in it"));

  it("a selection of the earlier lines", () =>
    refused(
      TEN,
      [TEN[2], TEN[5], TEN[9]].map(String),
      "0 lines of this list are known, 3 moved, 0 are new; 7 saved lines are not in it",
    ));

  it("a list that shares only the first line", () =>
    refused(
      TEN,
      ["/page-1", ...TEN.slice(1).map((path) => `/other${path}`)],
      "1 line of this list is known, 0 moved, 9 are new; 9 saved lines are not in it",
    ));

  it("a list that shares no line", () =>
    refused(TEN, ["/x", "/y"], "0 lines of this list are known, 0 moved, 2 are new; 10 saved lines are not in it"));
});

describe("an edited list in the folder of an earlier run", () => {
  it("that has only the first lines left is accepted, and the files of the other lines stay", async () => {
    list(TEN);
    await run();
    const was = leftIn(saved());
    server.asked();
    list(TEN.slice(0, 3));
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("resuming: 3 saved earlier, 0 to do\n");
    expect(leftIn(saved())).toEqual(was);
    expect(existsSync(saved("gone"))).toBe(false);
    list(TEN);
    expect((await run()).stderr).toContain("resuming: 10 saved earlier, 0 to do\n");
    expect(server.asked()).toEqual([]);
  });

  it.each([
    ["quotes removed", (path: string) => `"${path}"`],
    ["a scheme added", (path: string) => path.replace("http://", "")],
  ])("is accepted where no line was saved before: %s", async (_, broken) => {
    server.answers.set("/missing", status(404));
    list(["/missing", ...TEN.map((path) => broken(server.url(path)))]);
    expect((await run()).code).toBe(1);
    list(TEN);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(leftIn(saved())).toEqual(await fresh());
  });

  it("is accepted where every line was a 404 before", async () => {
    for (const path of TEN) server.answers.set(path, status(404));
    list(TEN);
    expect((await run()).code).toBe(1);
    const right = TEN.map((path) => `/right${path}`);
    list(right);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(leftIn(saved())).toEqual(await fresh());
  });
});

describe("the file of a line that was removed from the list", () => {
  it("stays in place with its record while no other line needs its number or name", async () => {
    list([...TEN.slice(0, 5), `${server.url("/named")}\tcats/one.txt`]);
    await run();
    list([...TEN.slice(0, 4), "", "", "/new"]);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(existsSync(saved("gone"))).toBe(false);
    const { files, records } = leftIn(saved());
    expect(files["000005.txt"]).toBe(page("/page-5"));
    expect(files["cats/one.txt"]).toBe(page("/named"));
    expect(records.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("moves to gone/ when another line needs its number, is reported once, and returns without a request", async () => {
    list(TEN);
    await run();
    const first = leftIn(saved());
    server.asked();
    list([...TEN.slice(0, 4), "/new", ...TEN.slice(5)]);
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(stderr.match(/in downloads\/gone; --prune removes/g)).toHaveLength(1);
    expect(stderr).toContain(
      "1 file of a line that is no longer in the list is kept in downloads/gone; --prune removes it\n",
    );
    expect(server.asked()).toEqual(["/new"]);
    const { files } = leftIn(saved());
    expect(files["000005.txt"]).toBe(page("/new"));
    expect(files["gone/000001.txt"]).toBe(page("/page-5"));
    list(TEN);
    expect((await run()).code).toBe(0);
    expect(server.asked()).toEqual([]);
    const { files: now } = leftIn(saved());
    expect(now["000005.txt"]).toBe(page("/page-5"));
    expect(now["gone/000002.txt"] ?? now["gone/000001.txt"]).toBe(page("/new"));
    list([...TEN, "/new"]);
    expect((await run()).code).toBe(0);
    expect(server.asked()).toEqual([]);
    list(TEN);
    expect((await run("--prune")).stderr).toContain("pruned 1 file of a line that is no longer in the list\n");
    expect(leftIn(saved())).toEqual(first);
  });

  it("moves to gone/ when another line needs its name", async () => {
    list([`${server.url("/a")}\tx.txt`, "/b"]);
    await run();
    list(["# a", "/b", `${server.url("/c")}\tx.txt`]);
    server.asked();
    const { code, stderr } = await run();
    expect(code, stderr).toBe(0);
    expect(server.asked()).toEqual(["/c"]);
    expect(leftIn(saved()).files).toMatchObject({ "x.txt": page("/c"), "gone/000001.txt": page("/a") });
    list([`${server.url("/a")}\ty.txt`, "/b", `${server.url("/c")}\tx.txt`]);
    expect((await run()).code).toBe(0);
    expect(server.asked()).toEqual([]);
    expect(leftIn(saved()).files).toEqual({ "000002.txt": page("/b"), "x.txt": page("/c"), "y.txt": page("/a") });
  });

  it("moves to gone/ when another line needs its name, which only the response determines", async () => {
    const type = { "content-type": "text/plain" };
    for (const path of ["/a/x", "/b/x"])
      server.answers.set(path, (_, response) => void response.writeHead(200, type).end(page(path)));
    list(["/a/x", "/c.txt"]);
    const name = ["--name", "{basename}{ext}"];
    await run(...name);
    list(["# a", "/c.txt", "/b/x"]);
    const { code, stderr } = await run(...name);
    expect(code, stderr).toBe(0);
    const { files } = leftIn(saved());
    expect(files).toMatchObject({ "x.txt": page("/b/x"), "gone/000001.txt": page("/a/x"), "c.txt": page("/c.txt") });
  });

  it("moves to gone/, and is not deleted, when the list is standard input", async () => {
    const piped = (paths: readonly string[]) =>
      folder.run(["-"], { stdin: paths.map((path) => `${server.url(path)}\n`).join("") });
    await piped(TEN);
    server.asked();
    const edited = [...TEN.slice(0, 4), "/new", ...TEN.slice(5)];
    const { code, stderr } = await piped(edited);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      "1 file of a line that is no longer in the list is kept in downloads/gone; --prune removes it\n",
    );
    expect(leftIn(saved()).files["gone/000001.txt"]).toBe(page("/page-5"));
    expect(server.asked()).toEqual(["/new"]);
    expect((await piped(TEN)).code).toBe(0);
    expect((await piped(["/first", ...TEN])).code).toBe(0);
    expect(server.asked()).toEqual(["/first"]);
  });
});

describe("--prune", () => {
  it("removes the files and records of lines that are not in the list, and reports their number", async () => {
    list([...TEN, `${server.url("/named")}\tcats/one.txt`]);
    await run();
    list(["/x", ...TEN.slice(5)]);
    const { code, stderr } = await run("--prune");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("pruned 6 files of lines that are no longer in the list\n");
    expect(leftIn(saved())).toEqual({ ...(await fresh()), files: { ...(await fresh()).files, cats: "folder" } });
  });

  it("accepts another list in the folder, and leaves the user's files", async () => {
    list(TEN);
    await run();
    writeFileSync(saved("notes.md"), "mine");
    list(["/other-1", "/other-2"]);
    const { code, stderr } = await run("--prune");
    expect(code, stderr).toBe(0);
    const { files, ...rest } = leftIn(saved());
    const { files: wanted, ...others } = await fresh();
    expect([files, rest]).toEqual([{ ...wanted, "notes.md": "mine" }, others]);
  });

  it("prunes when standard input ends, and reports nothing where nothing was pruned", async () => {
    const piped = (paths: readonly string[], ...args: string[]) =>
      folder.run(["-", ...args], { stdin: paths.map((path) => `${server.url(path)}\n`).join("") });
    await piped(TEN);
    const { code, stderr } = await piped(TEN.slice(0, 8), "--prune");
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("pruned 2 files of lines that are no longer in the list\n");
    expect(journalOf(saved()).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(existsSync(saved("000009.txt"))).toBe(false);
    expect((await piped(TEN.slice(0, 8), "--prune")).stderr).not.toContain("pruned");
  });

  it("is refused together with --force, and with failed.txt as the list", async () => {
    list([...TEN, "/missing"]);
    server.answers.set("/missing", status(404));
    await run();
    const was = leftIn(saved());
    expect((await run("--prune", "--force")).code).toBe(2);
    const { code, stderr } = await folder.run(["downloads/failed.txt", "--prune"]);
    expect(code).toBe(2);
    expect(stderr).toContain("failed.txt");
    expect(leftIn(saved())).toEqual(was);
  });
});

describe("--force", () => {
  it("leaves a user's file whose name a line of the list needs", async () => {
    list([...TEN.slice(0, 2), `${server.url("/named")}\tnotes.md`]);
    mkdirSync(saved());
    writeFileSync(saved("notes.md"), "mine");
    writeFileSync(saved("000002.txt"), "mine as well");
    for (const _ of [1, 2]) {
      const { code, stderr } = await run("--force");
      expect(code, stderr).toBe(1);
      const { files, records } = leftIn(saved());
      expect(files).toEqual({ "000001.txt": page("/page-1"), "000002.txt": "mine as well", "notes.md": "mine" });
      expect(records).toMatchObject([{ outcome: "saved" }, { error: "file_exists" }, { error: "file_exists" }]);
    }
  });

  it("removes saved files in gone/ too", async () => {
    list(TEN);
    await run();
    list(["/new", ...TEN.slice(1)]);
    await run();
    expect(existsSync(saved("gone"))).toBe(true);
    expect((await run("--force")).code).toBe(0);
    expect(leftIn(saved())).toEqual(await fresh());
  });
});
