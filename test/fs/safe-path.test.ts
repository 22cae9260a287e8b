// The path guard: paths that lead out of the folder, are hidden, or are the run's own are refused.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isInside, isSafePath, nonFolderOnPath } from "../../src/fs/safe-path.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();

describe("a recorded path", () => {
  it.each([
    [
      ["", ".", "..", "../x", "a/../x", "a/..", "./x", "/x", "//x", "a//x", "a/"],
      "outside the folder, or not in its normal form",
    ],
    [[".hidden", "a/.hidden", ".bulkget/lock"], "hidden"],
    [["a\\b", "..\\x", "C:x", "C:\\x", "x\0"], "another path on Windows, or cut at a NUL"],
    [
      [
        "results.jsonl",
        "RESULTS.JSONL",
        "results.jsonl.foreign",
        "failed.txt",
        "runs.jsonl",
        "gone",
        "gone/x",
        "Gone/x",
      ],
      "the run's own",
    ],
    [["results.jsonl.part", "1.PART", "a/1.part"], "an incomplete body"],
  ])("is refused where it is one of %j (%s)", (files) => {
    expect(files.filter(isSafePath)).toEqual([]);
  });

  it.each(["000001.html", "a/b/c", "a/results.jsonl", "a/gone", "goner", "part", "results-jsonl", "日本.txt"])(
    "is accepted where it is %j",
    (file) => {
      expect(isSafePath(file)).toBe(true);
    },
  );
});

describe("the first part of a path that is not a folder", () => {
  it("is a file or a link, and undefined where all parts are folders or missing", () => {
    mkdirSync(folder.at("a/b"), { recursive: true });
    writeFileSync(folder.at("file"), "");
    symlinkSync("a", folder.at("link"));
    expect(nonFolderOnPath(folder.path, "a/b/c")).toBeUndefined();
    expect(nonFolderOnPath(folder.path, "missing/b/c")).toBeUndefined();
    expect(nonFolderOnPath(folder.path, "link")).toBeUndefined();
    expect(nonFolderOnPath(folder.path, "link/b/c")).toBe("link");
    expect(nonFolderOnPath(folder.path, "file/c")).toBe("file");
    expect(nonFolderOnPath(folder.path, "a/b")).toBeUndefined();
  });
});

it("a path is inside a folder by its real path, after all links", () => {
  mkdirSync(folder.at("in/sub"), { recursive: true });
  mkdirSync(folder.at("inner"));
  symlinkSync("../inner", folder.at("in/out"));
  expect(isInside(folder.at("in"), folder.at("in/sub"))).toBe(true);
  expect(isInside(folder.at("in"), folder.at("in"))).toBe(false);
  expect(isInside(folder.at("in"), folder.at("in/out"))).toBe(false);
  expect(isInside(folder.at("in"), folder.at("inner"))).toBe(false);
  expect(isInside(folder.at("in"), folder.at("in/missing"))).toBe(false);
});
