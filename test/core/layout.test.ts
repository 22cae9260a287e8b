// The names of archives, and what tables contain for their extensions.
import { describe, expect, it } from "vitest";
import {
  byExtension,
  FAILED_LIST,
  indexNameOf,
  layoutOf,
  OWN_FILES,
  shardName,
  shardNumberOf,
  shardOfJournal,
  stateOfArchive,
} from "../../src/core/layout.ts";

const TABLE = { ".tar": "one", ".warc.gz": "other" };

describe("the name of an archive", () => {
  it.each([
    [7, ".tar", "00007.tar", "one", undefined],
    [7, ".warc.gz", "00007.warc.gz", "other", "00007.cdxj"],
    [123_456, ".warc.gz", "123456.warc.gz", "other", "123456.cdxj"],
  ] as const)("of number %d with %s finds its row in a table, and its index", (number, extension, name, row, index) => {
    expect(shardName(number, extension)).toBe(name);
    expect([shardNumberOf(name), byExtension(TABLE, name), indexNameOf(name)]).toEqual([number, row, index]);
  });

  it.each(["", "0007.tar", "00007.tar.gz", "00007xtar", "00007.warcxgz", "00007.cdxj", "a/00007.tar", "00007.tar\n"])(
    "is not %j, which has no row, number or index",
    (name) => {
      expect([shardNumberOf(name), byExtension(TABLE, name), indexNameOf(name)]).toEqual([-1, undefined, undefined]);
    },
  );
});

describe("the layout of a shard", () => {
  const layout = layoutOf({ index: 3, count: 16 });

  it("has the shard in each name", () => {
    expect(layout).toEqual({
      journal: "results.3-of-16.jsonl",
      foreignLines: "results.3-of-16.jsonl.foreign",
      failedList: "failed.3-of-16.txt",
      runs: "runs.3-of-16.jsonl",
      state: ".bulkget/3-of-16",
      infix: ".3-of-16",
      shard: { index: 3, count: 16 },
      isShared: true,
    });
  });

  it("is found by the names of its journal, its list of failures and its archives", () => {
    expect(shardOfJournal(layout.journal)).toEqual({ index: 3, count: 16 });
    expect(shardOfJournal("results.jsonl")).toBe("whole");
    expect(FAILED_LIST.test(layout.failedList)).toBe(true);
    const [tar, warc] = [shardName(7, ".tar", layout.infix), shardName(7, ".warc.gz", layout.infix)];
    expect([tar, warc]).toEqual(["00007.3-of-16.tar", "00007.3-of-16.warc.gz"]);
    expect([shardNumberOf(tar), byExtension(TABLE, warc), indexNameOf(warc)]).toEqual([
      7,
      "other",
      "00007.3-of-16.cdxj",
    ]);
    expect([stateOfArchive(tar), stateOfArchive("00007.tar")]).toEqual([".bulkget/3-of-16", ".bulkget"]);
  });

  it.each(["results.0-of-16.jsonl", "results.03-of-16.jsonl", "results.3-of-.jsonl", "results.3-of-16.jsonl.bak"])(
    "is not that of %j",
    (name) => {
      expect(shardOfJournal(name)).toBeUndefined();
    },
  );

  it("has own files that no body may have as its name", () => {
    const own = new RegExp(`^(${OWN_FILES})$`);
    for (const name of [layout.journal, layout.foreignLines, layout.failedList, layout.runs])
      expect(own.test(name), name).toBe(true);
    for (const name of ["results.3-of-16.txt", "results.a-of-b.jsonl", "failed.txt.foreign"])
      expect(own.test(name), name).toBe(false);
  });
});
