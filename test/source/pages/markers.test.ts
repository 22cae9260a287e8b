// The next page: out of Link headers, and whether markers lead in a circle.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextLink } from "../../../src/source/pages/link-header.ts";
import { markerLoop } from "../../../src/source/pages/marker-loop.ts";

describe("a Link header", () => {
  it.each([
    ["</list?page=2>; rel=next", "/list?page=2"],
    ['<https://a/1>; rel="prev", <https://a/3?x=1,2;3>; rel="next"; title="a, \\"b\\""', "https://a/3?x=1,2;3"],
    ['<b>; title="rel=next"; REL="last NEXT"', "b"],
    ["<a>;rel=last,<b>;x;rel=next", "b"],
    ["", undefined],
    ["<a>; rel=nextpage", undefined],
    ["<a>; rel=prev; rel=next", undefined], // the first rel counts
    ["a; rel=next", undefined],
  ])("%s has the next page %s", (header, next) => {
    expect(nextLink(header)).toBe(next);
  });
});

describe("markers", () => {
  it("that lead in a circle are noticed before it has been passed three times, and others never", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 50 }), (before, circle) => {
        const isLoop = markerLoop();
        let pages = 0;
        while (!isLoop(String(pages < before ? -1 - pages : (pages - before) % circle))) pages++;
        expect(pages).toBeGreaterThanOrEqual(before + circle);
        expect(pages).toBeLessThan(2 * Math.max(before, circle) + 2 * circle + 2);
        const isOther = markerLoop();
        for (let page = 0; page < 200; page++) expect(isOther(String(page))).toBe(false);
      }),
    );
  });
});
