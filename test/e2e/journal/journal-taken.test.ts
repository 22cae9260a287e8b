// results.jsonl is replaced, removed or truncated during a run: the run reports it, and keeps every record that it can.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { runsAgain, TEN } from "../../support/folders/again.ts";
import { body, journalOf, leftIn, pageOf, status } from "../../support/site.ts";

const { server, folder, at, saved, list, run, fresh } = runsAgain();

const MORE = [...TEN, ...Array.from({ length: 10 }, (_, i) => `/more-${i + 1}`)];
const journal = () => saved("results.jsonl");

/** Calls `act` when this page is requested and the page before it is recorded; then the page is answered. */
function during(path: string, act: () => void): void {
  server.answers.set(path, (request, response) => {
    server.answers.delete(path);
    const before = server.url(MORE[MORE.indexOf(path) - 1] ?? "");
    const untilThere = () => {
      if (!readFileSync(journal(), "utf8").includes(`${before}"`)) return void setTimeout(untilThere, 10);
      act();
      body(pageOf(path), { "content-type": "text/plain" })(request, response);
    };
    untilThere();
  });
}

/** Edits the journal as `sed -i` does. */
function edited(change: (text: string) => string): void {
  writeFileSync(saved("sedXXXXXX"), change(readFileSync(journal(), "utf8")));
  renameSync(saved("sedXXXXXX"), journal());
}

/** Changes of the journal, the message about each, and whether every record is kept. */
const ACTS: readonly (readonly [string, () => void, string, boolean])[] = [
  [
    "edited by sed -i",
    () => edited((text) => text.replaceAll("text/plain", "text/xplain")),
    "was replaced while the run was on: this run's records were added",
    true,
  ],
  [
    "formatted anew",
    () => edited((text) => text.replaceAll(",", " ,\n ")),
    "was replaced while the run was on: this run's records were added",
    true,
  ],
  ["removed", () => rmSync(journal()), "was removed while the run was on: it was written again", true],
  [
    "moved away",
    () => renameSync(journal(), saved("old.jsonl")),
    "was removed while the run was on: it was written again",
    true,
  ],
  [
    "replaced by an empty file",
    () => {
      rmSync(journal());
      writeFileSync(journal(), "");
    },
    "was replaced while the run was on: this run's records were added",
    true,
  ],
  ["emptied", () => truncateSync(journal(), 0), "was cut off", false],
  ["cut in half", () => truncateSync(journal(), Math.floor(readFileSync(journal()).length / 2)), "was cut off", false],
  ["appended to", () => writeFileSync(journal(), "# mine\n", { flag: "a" }), "was written to by another program", true],
];

describe.each(["a first run", "a resumed run"])("during %s, a journal", (which) => {
  const isFirst = which === "a first run";

  it.each(ACTS)(
    "that is %s ends the run with exit code 3, and the next run finds what was saved",
    async (_, act, said, isWhole) => {
      if (!isFirst) {
        list(TEN);
        await run();
      }
      list(MORE);
      server.answers.set("/more-3", status(404));
      during("/more-7", act);
      server.asked();
      const { code, stderr } = await run("-c", "1", "--order", "list");
      expect(code, stderr).toBe(3);
      expect(stderr.match(/results\.jsonl was [^;]*/g)).toEqual([expect.stringContaining(said)]);
      // A truncation in a resumed run loses the recorded failures too.
      if (isFirst || isWhole)
        expect(readFileSync(saved("failed.txt"), "utf8")).toBe(`${server.url("/more-3")}\t000013\n`);
      expect(journalOf(saved()).map(({ n }) => n)).toEqual(expect.arrayContaining([17, 18, 19, 20]));
      server.answers.clear();
      server.asked();
      const again = await run("--retry-failed");
      expect(again.code, again.stderr).toBe(0);
      if (isWhole) expect(server.asked()).toEqual(["/more-3"]);
      else expect(server.asked()).toContain("/more-3");
      for (const name of ["old.jsonl", "results.jsonl.foreign"]) rmSync(saved(name), { force: true });
      const { files, records } = await fresh();
      expect(leftIn(saved()).files).toEqual(files);
      expect(leftIn(saved()).records.map(({ n, outcome }) => [n, outcome])).toEqual(
        records.map(({ n, outcome }) => [n, outcome]),
      );
    },
  );

  it.each([
    ["a foreign file", () => writeFileSync(journal(), "mine\n")],
    ["a folder", () => mkdirSync(journal())],
    ["a symbolic link", () => symlinkSync("../urls.txt", journal())],
  ])("that is replaced by %s is written to results.jsonl.rescued, and the replacement stays", async (_, put) => {
    if (!isFirst) {
      list(TEN);
      await run();
    }
    list(MORE);
    during("/more-7", () => {
      rmSync(journal());
      put();
    });
    const { code, stderr } = await run("-c", "1", "--order", "list");
    expect(code, stderr).toBe(3);
    const beside = "downloads/results.jsonl.rescued";
    expect(stderr).toContain(
      `was replaced while the run was on: its records are in ${beside}: give it that name before`,
    );
    expect(existsSync(at("urls.txt"))).toBe(true);
    if (existsSync(journal())) rmSync(journal(), { recursive: true });
    renameSync(at(beside), journal());
    server.asked();
    const again = await run();
    expect(again.code, again.stderr).toBe(0);
    expect(server.asked()).toEqual([]);
    expect(leftIn(saved())).toEqual(await fresh());
  });

  it.each(["renamed", "removed"])(
    "whose folder is %s ends the run with exit code 3, and a moved folder can be resumed",
    async (how) => {
      if (!isFirst) {
        list(TEN);
        await run();
      }
      list(MORE);
      during("/more-7", () => {
        if (how === "renamed") renameSync(saved(), at("elsewhere"));
        else rmSync(saved(), { recursive: true });
      });
      // Its end, as a process, releases the lock of a folder that it cannot find any more.
      const { code, stderr } = await folder.runProcess(["urls.txt", "-c", "1", "--order", "list"]);
      expect(code, stderr).toBe(3);
      expect(stderr).toContain("downloads was moved or removed while the run was on");
      expect(readdirSync(at())).not.toContain("downloads");
      if (how === "removed") return;
      server.asked();
      const again = await run("-o", "elsewhere");
      expect(again.code, again.stderr).toBe(0);
      expect(server.asked()).toEqual(["/more-10", "/more-7", "/more-8", "/more-9"]);
      expect(leftIn(at("elsewhere"))).toEqual(await fresh());
    },
  );
});
