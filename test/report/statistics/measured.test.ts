// What a report takes from a record, whatever another version or program wrote there.
import { describe, expect, it } from "vitest";
import { measured } from "../../../src/report/statistics/measured.ts";
import { saved } from "../../core/outcomes.ts";

describe("a number of a record", () => {
  it.each([1e308, 2 ** 53, -1, Number.POSITIVE_INFINITY, "12", null])("that is %o counts as none", (value) => {
    const record = { ...saved(), bytes: value, total_ms: value, ttfb_ms: value } as never;
    expect(measured(record)).toMatchObject({ bytes: 0, totalMs: 0, ttfbMs: Number.NaN });
  });

  it("is taken up to the largest that a double counts exactly", () => {
    const most = Number.MAX_SAFE_INTEGER;
    expect(measured({ ...saved(), bytes: most, total_ms: 0.5 })).toMatchObject({ bytes: most, totalMs: 0.5 });
  });
});
