// Paths of RFC 9535: what is read of them, and what they select.
import { describe, expect, it } from "vitest";
import { jsonPath, select } from "../../../src/source/pages/json-path.ts";

const PAGE = {
  FileNames: ["a", "b"],
  "next-page": "n",
  meta: { next: 7, links: [{ url: "x" }, { name: "none" }, { url: "y" }] },
  none: null,
  empty: [],
  'it\'s "so"\\': 1,
  größe: 2,
};

/** What the path selects; "no path" if it is none. */
function at(text: string): unknown {
  const path = jsonPath(text);
  return path === undefined ? "no path" : select(path, PAGE);
}

describe("a path of JSON", () => {
  it.each([
    ["$", [PAGE]],
    ["$.FileNames[*]", ["a", "b"]],
    ["$.FileNames.*", ["a", "b"]],
    ["$['FileNames'][1]", ["b"]],
    ['$["FileNames"][-1]', ["b"]],
    ["$['next-page']", ["n"]],
    ["$.meta.next", [7]],
    ["$.meta.links[*].url", ["x", "y"]],
    [String.raw`$['it\'s "so"\\']`, [1]],
    [String.raw`$["it's \"so\"\\"]`, [1]],
    [String.raw`$["gr\u00f6\u00dfe"]`, [2]],
    ["$.größe", [2]],
    ["$.none", [null]],
    ["$.none[*]", []],
    ["$.empty[*]", []],
    ["$.empty[*].url", []],
  ])("%s selects what is there", (path, nodes) => {
    expect(at(path)).toEqual(nodes);
  });

  it.each(["$.filenames[*]", "$.FileNames[2]", "$.FileNames[-3]", "$.FileNames.length", "$.meta.next[*]", "$.meta[0]"])(
    "%s selects nothing, which is no empty array",
    (path) => {
      expect(at(path)).toBeUndefined();
    },
  );

  it.each([
    "",
    "FileNames",
    "$FileNames",
    "$.",
    "$..a",
    "$.next-page",
    "$[01]",
    "$[-0]",
    "$['a",
    "$[?@.a]",
    "$[0:2]",
    "$ .a",
  ])("%j is no path that is read", (path) => {
    expect(at(path)).toBe("no path");
  });
});
