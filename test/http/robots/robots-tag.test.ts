// X-Robots-Tag: which of its directives are for us, and which of them are obeyed.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DIRECTIVES, directiveFor } from "../../../src/http/robots/robots-tag.ts";

const ALL = new Set<string>(DIRECTIVES);

describe("a directive of X-Robots-Tag", () => {
  it.each<[value: string, heeded: readonly string[], found: string | undefined]>([
    ["noai", ["noai"], "noai"],
    ["NoAI , NOINDEX", ["noindex"], "noindex"],
    ["noai, noindex", ["noindex", "noai"], "noai"],
    ["noindex", ["noai"], undefined],
    ["noindexed", ["noindex"], undefined],
    ["all", [...DIRECTIVES], undefined],
    ["none", ["noindex"], "noindex"],
    ["none", ["nofollow"], "nofollow"],
    ["none", ["noai"], undefined],
    ["bulkget: noindex", ["noindex"], "noindex"],
    ["BulkGet : noindex", ["noindex"], "noindex"],
    ["bulkget: nofollow, noindex", ["noindex"], "noindex"],
    ["*: noindex", ["noindex"], "noindex"],
    ["otherbot: noindex", ["noindex"], undefined],
    ["otherbot: noindex, nofollow", ["nofollow"], undefined],
    ["bulkgetter: noindex", ["noindex"], undefined],
    ["noindex, otherbot: nofollow", ["noindex"], "noindex"],
    ["otherbot: noindex, bulkget: nofollow", ["noindex", "nofollow"], "nofollow"],
    ["unavailable_after: 25 Jun 2010 15:00:00 PST", ["noindex"], undefined],
    ["unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT, noindex", ["noindex"], "noindex"],
    ["otherbot: max-snippet: 20, noindex", ["noindex"], undefined],
    ["max-snippet: 20, noindex", ["noindex"], "noindex"],
    ["bulkget: none", ["noindex"], "noindex"],
    [":noindex", ["noindex"], undefined],
    ["", [...DIRECTIVES], undefined],
  ])("in %j, of which %j are obeyed, is %s", (value, heeded, found) => {
    expect(directiveFor([value], "bulkget", new Set(heeded))).toBe(found);
  });

  it("for another robot applies up to the end of its header, and the next header is for all", () => {
    expect(directiveFor(["otherbot: nofollow", "noindex"], "bulkget", new Set(["noindex"]))).toBe("noindex");
    expect(directiveFor([], "bulkget", ALL)).toBeUndefined();
  });

  it("is found only if the header contains it and it is obeyed, for any header", () => {
    const piece = fc.oneof(
      fc.constantFrom(...DIRECTIVES, "none", "bulkget:", "otherbot:", "max-snippet:9", ",", " "),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(fc.array(piece)), fc.subarray([...DIRECTIVES]), (headers, heeded) => {
        const values = headers.map((pieces) => pieces.join(""));
        const found = directiveFor(values, "bulkget", new Set(heeded));
        if (found === undefined) return;
        expect(heeded).toContain(found);
        const said = values.join("\n").toLowerCase();
        expect(said.includes(found) || (/^no(index|follow)$/.test(found) && said.includes("none"))).toBe(true);
      }),
    );
  });

  it("for all robots applies in addition to those for other robots", () => {
    const others = fc.array(
      fc.constantFrom("otherbot: noindex", "otherbot: none", "a: noai", "unavailable_after: Fri, 1 Jan 2100"),
    );
    fc.assert(
      fc.property(others, others, (before, after) => {
        expect(directiveFor([...before, ...after], "bulkget", ALL)).toBeUndefined();
        expect(directiveFor([...before, "noai", ...after], "bulkget", ALL)).toBe("noai");
      }),
    );
  });
});
