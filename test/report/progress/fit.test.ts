// Texts fit into the columns of a terminal, and keep the ends of URLs.
import fc from "fast-check";
import { expect, it } from "vitest";
import { cutEnd, cutMiddle, fitted, widthOf } from "../../../src/report/progress/fit.ts";

it.each([
  ["abc", 3],
  ["日本", 4],
  ["é", 1],
  ["e\u0301", 1],
  ["😀", 2],
  ["", 0],
])("the width of %j is %i", (text, width) => {
  expect(widthOf(text)).toBe(width);
});

const texts = fc.string({ unit: fc.constantFrom("a", "/", ".", "日", "😀", "e\u0301", "é") });

it("a text that is cut takes at most the columns, and one that fits is not cut", () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 1, max: 40 }), (text, columns) => {
      for (const cut of [cutEnd, cutMiddle]) {
        const shown = cut(text, columns);
        expect(widthOf(shown)).toBeLessThanOrEqual(columns);
        if (widthOf(text) <= columns) expect(shown).toBe(text);
        expect(shown).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
      }
    }),
  );
});

it("a line takes at most the columns, and has the end of its URL", () => {
  const line = fc.record({ front: texts, url: texts.map((text) => `http://a/${text}end`), back: texts });
  fc.assert(
    fc.property(line, fc.integer({ min: 20, max: 200 }), (one, columns) => {
      const shown = fitted(one, columns);
      expect(widthOf(shown)).toBeLessThanOrEqual(columns);
      expect(shown).toContain("end");
      if (widthOf(one.front + one.url + one.back) <= columns) expect(shown).toBe(one.front + one.url + one.back);
    }),
  );
});
