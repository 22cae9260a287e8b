// The narrow histogram, against the one with all buckets.
import fc from "fast-check";
import { expect, it } from "vitest";
import { emptyTimes, recordTime } from "../../../src/core/run/tally.ts";
import { addNarrowTime, allTimes, narrowTimes } from "../../../src/report/statistics/narrow-times.ts";

it("a narrow histogram has the counts of one with all buckets", () => {
  const ms = fc.oneof(fc.double({ min: 0, max: 1e12, noNaN: true }), fc.nat(500), fc.constantFrom(0, 1e-9));
  fc.assert(
    fc.property(fc.array(ms), (all) => {
      const [narrow, times] = [narrowTimes(), emptyTimes()];
      for (const one of all) {
        addNarrowTime(narrow, one);
        recordTime(times, one);
      }
      expect(allTimes(narrow)).toEqual(times);
    }),
  );
});
