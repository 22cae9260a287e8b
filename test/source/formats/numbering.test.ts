// Numbers of jobs: a line's place among all lists, unless another line has that number.
import { describe, expect, it } from "vitest";
import { claimNumber, jobOnLine } from "../../../src/source/formats/numbering.ts";
import { lineNumbers } from "../../../src/source/line-numbers.ts";

const URL = "http://a.test/";

describe("the number of a line's job", () => {
  it("continues after the lines of earlier lists", () => {
    expect(jobOnLine(URL, 2, { offset: 10 })).toEqual({ n: 12, url: URL });
  });

  it("comes with the list and the line if there are several lists", () => {
    expect(jobOnLine(URL, 2, { offset: 10, list: "b.txt" })).toEqual({ n: 12, url: URL, list: "b.txt", line: 2 });
  });

  it("is claimed for the line's place, and a line with a number in use is refused", () => {
    const numbers = lineNumbers();
    const claim = (n: number, place: number) => {
      const other = numbers.claim(n, place);
      return other === undefined ? undefined : `${place} has ${other}`;
    };
    const first = { n: 12, url: URL };
    expect(claimNumber(first, 1, { offset: 10, claim })).toBe(first);
    expect(claimNumber(first, 2, { offset: 10, claim })).toEqual({
      ...first,
      line: 2,
      refused: { error: "duplicate_number", detail: "12 has 11" },
    });
  });

  it("is not checked for duplicates without `claim`", () => {
    const job = { n: 1, url: URL };
    expect(claimNumber(job, 1, { offset: 0 })).toBe(job);
  });
});
