// The comparison of a list with an earlier run: its counts, and when the list counts as another folder's.

import { describe, expect, it } from "vitest";
import { describeCounts, isOtherList, listComparison } from "../../src/resume/compare-list.ts";
import { openRemovedLines } from "../../src/resume/removed-lines.ts";
import { failed } from "../core/outcomes.ts";
import { ownJournal } from "../journal/journals.ts";

const { folder, read, stored } = ownJournal();

const urlOf = (n: number) => `https://example.org/${n}`;

describe("the comparison of a list with an earlier run", () => {
  it("counts known, moved, new and removed lines, and leaves all records unmatched and unreserved", () => {
    const history = read(stored(1), stored(2), stored(3), failed({ n: 4, url: urlOf(4) }), stored(5));
    const comparison = listComparison(history, openRemovedLines(folder.path, folder.at(".bulkget")));
    const urls = [urlOf(1), urlOf(3), urlOf(9), urlOf(4)];
    for (const [i, url] of urls.entries()) comparison.add({ n: i + 1, url });
    const counts = { known: 2, moved: 1, new: 1 };
    expect(comparison.end(true)).toEqual({ ...counts, removed: 2 });
    expect(history.unmatched).toBe(5);
    expect(history.findSaved(urlOf(3))).toBe(3);
  });

  it("for a list's first lines counts no removed line above their highest number", () => {
    const history = read(stored(1), stored(2), stored(3));
    const comparison = listComparison(history, openRemovedLines(folder.path, folder.at(".bulkget")));
    comparison.add({ n: 1, url: urlOf(8) });
    comparison.add({ n: 2, url: urlOf(9) });
    expect(comparison.end(false)).toEqual({ known: 0, moved: 0, new: 2, removed: 2 });
  });

  it.each([
    [{ known: 0, moved: 0, new: 1, removed: 1 }, true],
    [{ known: 1, moved: 1, new: 1, removed: 2 }, false],
    [{ known: 1, moved: 1, new: 1, removed: 3 }, true],
    [{ known: 1, moved: 0, new: 0, removed: 9 }, false],
  ])("with the counts %j takes the list for another folder's: %s", (counts, expected) => {
    expect(isOtherList(counts)).toBe(expected);
  });

  it("is described in singular and plural", () => {
    expect(describeCounts({ known: 3, moved: 1, new: 2, removed: 7 })).toBe(
      "3 lines of this list are known, 1 moved, 2 are new; 7 saved lines are not in it",
    );
    expect(describeCounts({ known: 1, moved: 0, new: 1, removed: 1 })).toBe(
      "1 line of this list is known, 0 moved, 1 is new; 1 saved line is not in it",
    );
  });
});
