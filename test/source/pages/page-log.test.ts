// The file with the beginning of each page: what a later run finds in it, whatever happened to it.
import { readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { type PageLog, type PageStart, pageLog } from "../../../src/source/pages/page-log.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();
const start = (page: number, marker: string | undefined = `m${page}`): PageStart => ({
  ...{ first: 1 + 10 * page, marker, last: `hash${page}` },
});

/** The pages that the log has behind the first one. */
function pagesOf(log: PageLog): PageStart[] {
  const pages: PageStart[] = [];
  for (let next = log.following; next !== undefined; next = log.following) {
    pages.push(next);
    log.advance();
  }
  return pages;
}

describe("the log of pages", () => {
  let path = "";
  const open = (listing = "one") => pageLog(path, listing);
  const written = (...pages: readonly PageStart[]) => {
    const log = open();
    log.begin();
    for (const page of pages) log.add(page);
    log.close();
  };
  beforeEach(() => {
    path = folder.at("pages");
  });

  it("has what was added, the end too, however long the markers are", () => {
    const pages = [start(1), start(2, "x".repeat(100_000)), start(3), { first: 31, marker: undefined, last: "" }];
    expect(open().following).toBeUndefined();
    written(...pages);
    expect(pagesOf(open())).toEqual(pages);
  });

  it("drops what follows a page that is another one, and goes on from there", () => {
    written(start(1), start(2), start(3));
    const log = open();
    log.advance();
    log.add(start(5));
    expect(log.following).toBeUndefined();
    log.begin();
    log.add(start(6));
    log.close();
    expect(pagesOf(open())).toEqual([start(1), start(5), start(6)]);
  });

  it("goes on behind the last whole line of a torn file", () => {
    written(start(1), start(2));
    truncateSync(path, statSync(path).size - 3);
    const log = open();
    expect(pagesOf(log)).toEqual([start(1)]);
    log.add(start(7));
    log.begin();
    log.close();
    expect(pagesOf(open())).toEqual([start(1), start(7)]);
  });

  it("of another listing, or with anything else in it, is begun anew", () => {
    written(start(1));
    const other = open("two");
    expect(other.following).toBeUndefined();
    other.add(start(4));
    expect(pagesOf(open())).toEqual([start(1)]);
    other.begin();
    other.close();
    expect(pagesOf(open("two"))).toEqual([start(4)]);
    for (const content of ["", "\n", "null\n[11]\n", "\0\0\0\n", '{"version":1,"listing":"one"}\n[1,2,3]\nnull\n']) {
      writeFileSync(path, content);
      expect(open().following).toBeUndefined();
      written(start(8));
      expect(pagesOf(open())).toEqual([start(8)]);
    }
  });

  it("follows no link out of its folder, and keeps nothing then", () => {
    writeFileSync(folder.at("mine"), "precious\n");
    symlinkSync(folder.at("mine"), path);
    const log = open();
    log.add(start(1));
    log.begin();
    log.close();
    expect(readFileSync(folder.at("mine"), "utf8")).toBe("precious\n");
  });

  it("is removed by drop, and keeps nothing after it", () => {
    const log = open();
    log.begin();
    log.add(start(1));
    log.drop();
    log.add(start(2));
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });
});
