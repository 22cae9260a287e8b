// gone/ holds files of removed lines: a user's folder of that name is not used, and an edited journal in it is harmless.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { surrounded } from "../../support/folders/surrounded.ts";
import { journalOf, pageOf } from "../../support/site.ts";

const { server, around, out, run, tried } = surrounded();

const LINES = ["/1", "/2", "/3"];
const EDITED = ["/new", "/2", "/3"];

describe("a user's gone/ in the output folder", () => {
  const theirs: [string, () => void][] = [
    ["a folder with files", () => mkdirSync(out("gone"))],
    ["a file", () => writeFileSync(out("gone"), "mine")],
    ["a link", () => symlinkSync(around().path, out("gone"))],
    [
      "a folder with a foreign results.jsonl",
      () => {
        mkdirSync(out("gone"));
        writeFileSync(out("gone/results.jsonl"), '{"loss":0.1}\n');
      },
    ],
  ];

  it.each(theirs)("is not changed, and is named in an error when a run needs it: %s", async (_, put) => {
    await run(LINES);
    put();
    if (existsSync(out("gone")) && lstatSync(out("gone")).isDirectory()) writeFileSync(out("gone/mine.txt"), "mine");
    const look = () => (lstatSync(out("gone")).isDirectory() ? readdirSync(out("gone")) : lstatSync(out("gone")).ino);
    const before = look();
    // No line needs another one's number or name, so gone/ is not needed.
    expect((await run([...LINES, "/4"])).code).toBe(0);
    writeFileSync(`${around().cwd}/urls.txt`, EDITED.map((path) => `${server.url(path)}\n`).join(""));
    server.asked();
    const { code, stderr } = await tried(["urls.txt"]);
    expect(code, stderr).toBe(2);
    expect(stderr).toContain("downloads/gone: ");
    expect(server.asked()).toEqual([]);
    expect(look()).toEqual(before);
    const piped = await tried(["-"], EDITED);
    expect(piped.code, piped.stderr).toBe(2);
    expect(piped.stderr).toContain("downloads/gone: ");
    expect(look()).toEqual(before);
    expect((await run(LINES, "--force")).code).toBe(0);
    expect(look()).toEqual(before);
  });

  it("cannot be named by a list", async () => {
    await run(["/1\tgone", "/2\tgone/x", "/3\tGone/y", "/4\ta/gone"]);
    expect(journalOf(out()).map(({ file }) => file)).toEqual(
      ["_gone", "_gone/x", "_Gone/y", "a/_gone"].map((name, i) => (i === 1 ? undefined : name)),
    );
  });
});

describe("an edited journal in gone/", () => {
  const hostileFiles = () => [
    "../../victims/x",
    "../000002.txt",
    "../results.jsonl",
    "../.bulkget/lock",
    around().file,
    "linked/x",
    "results.jsonl",
    ".",
    "",
    "sub/..",
  ];

  it("makes no later run touch files outside of gone/", async () => {
    const hostile = hostileFiles();
    const stable = hostile.map((_, i) => `/stable-${i}`).concat("/stable");
    const lines = [...hostile.map((_, i) => `/${i + 1}`), ...stable];
    const edited = [...hostile.map((_, i) => `/new-${i + 1}`), ...stable];
    for (const [list, ...more] of [[lines], [lines, "--prune"], [edited, "--prune"], [lines, "--force"]] as const) {
      rmSync(out(), { recursive: true, force: true });
      await run(lines);
      await run(edited);
      symlinkSync(around().path, out("gone/linked"));
      const journal = readFileSync(out("gone/results.jsonl"), "utf8").trimEnd().split("\n");
      expect(journal).toHaveLength(hostile.length);
      const records = journal.map((line, i) => {
        const file = hostile[i] ?? "";
        const stats = lstatSync(file.startsWith("/") ? file : out("gone", file), { throwIfNoEntry: false });
        return `${JSON.stringify({ ...(JSON.parse(line) as object), file, bytes: stats?.size ?? 5 })}\n`;
      });
      writeFileSync(out("gone/results.jsonl"), records.join(""));
      const { code, stderr } = await run(list, ...more);
      expect(code, stderr).toBe(0);
      for (const [i, path] of list.entries()) {
        const file = out(`${String(i + 1).padStart(6, "0")}.txt`);
        expect(readFileSync(file).equals(pageOf(path)), `${more.join()} ${path}`).toBe(true);
      }
    }
  });
});
