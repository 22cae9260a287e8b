// The names of archives, and what tables contain for their extensions.
import { describe, expect, it } from "vitest";
import { byExtension, indexNameOf, shardName, shardNumberOf } from "../../src/core/layout.ts";

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
