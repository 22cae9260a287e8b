// Of two lines with one number, the second fails with a message that names both, and the first keeps its file.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bulkget } from "../../../src/index.ts";
import { runsAgain } from "../../support/folders/again.ts";
import { journalOf, leftIn, pageOf } from "../../support/site.ts";

const { server, folder, at, saved, list, run } = runsAgain();

const page = (path: string) => pageOf(path).toString("latin1");

describe("of two lines with one number,", () => {
  it.each([
    ["a repeated number", ["/a\t7", "/b\t8", "/c\t7"], "line 3 has the number 7, which is that of line 1", 7],
    [
      "a number in the list that an earlier line has by position",
      ["/a", "/b", "/c\t\tn=1"],
      "line 3 has the number 1, which is that of line 1",
      1,
    ],
    [
      "a number in the list that a later line has by position",
      ["/a\t3", "/b", "/c"],
      "line 3 has the number 3, which is that of line 1",
      3,
    ],
  ])("the second is never fetched, and no later run removes the file of the first: %s", async (_, lines, detail, n) => {
    list(lines.map((line) => server.url("") + line));
    const stays = { ...(await left(detail, n)), asked: ["/a", "/b"] };
    for (const more of [[], ["-u"], ["--retry-failed"], []]) {
      const { files, ...rest } = await left(detail, n, ...more);
      expect(files).toEqual(stays.files);
      expect(rest.records).toEqual(stays.records);
    }
  });

  /** Runs the list, checks that both good files and one record per line are there, and returns them. */
  async function left(detail: string, n: number, ...args: string[]) {
    server.asked();
    const { code, stderr } = await run(...args);
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(`urls.txt:3: the number is another line's (${detail}): ${server.url("/c")}\n`);
    expect(server.asked()).not.toContain("/c");
    const { files, failed } = leftIn(saved());
    expect(Object.values(files).sort()).toEqual([page("/a"), page("/b")].sort());
    expect(failed).toEqual([`# ${detail}: ${server.url("/c")}`]);
    const records = journalOf(saved()).map(({ n, url, file }) => ({ n, url, file }));
    records.sort((one, other) => one.url.localeCompare(other.url));
    expect(records).toHaveLength(3);
    expect(journalOf(saved()).filter(({ outcome }) => outcome === "failed")).toMatchObject([
      { n, url: server.url("/c"), error: "duplicate_number", line: 3, attempts: 0, retryable: false },
    ]);
    return { files, records };
  }

  it("in two lists, the message names the list of each", async () => {
    list(["/a", "/b"]);
    list(
      ["/c\tx\tn=2", "/d"].map((line) => server.url("") + line),
      "more.txt",
    );
    const { stderr } = await run("more.txt");
    expect(stderr).toContain(
      "more.txt:1: the number is another line's (more.txt:1 has the number 2, which is that of urls.txt:2): ",
    );
    expect(server.asked()).toEqual(["/a", "/b", "/d"]);
  });

  it("the second is a comment in failed.txt, and a run of failed.txt leaves the file of the first", async () => {
    list(["/a\t7", "/c\t7"].map((line) => server.url("") + line));
    await run();
    server.asked();
    await folder.run(["downloads/failed.txt"]);
    expect(server.asked()).toEqual([]);
    expect(readFileSync(saved("000007.txt"), "latin1")).toBe(page("/a"));
  });

  it("the second fails in the library too, also with the first one's URL, and with dedupe", async () => {
    const items = [
      { url: server.url("/a"), name: "2" },
      { url: server.url("/b") },
      { url: server.url("/a"), name: "2" },
      { url: server.url("/a"), name: "x.txt" },
    ];
    for (const options of [{}, { dedupe: true }, { output: "memory" as const }]) {
      const failed: string[] = [];
      let all = 0;
      for await (const outcome of bulkget(items, { ...options, outputDir: at("out"), force: true })) {
        all++;
        if (outcome.outcome === "failed") failed.push(`${outcome.error}: ${outcome.detail}`);
      }
      expect(all).toBe(4);
      expect(failed.sort()).toEqual([
        "duplicate_number: item 2 has the number 2, which is that of item 1",
        "duplicate_number: item 3 has the number 2, which is that of item 1",
      ]);
    }
  });
});
