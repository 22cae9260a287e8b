// A tally as JSON is the same tally when it is read again.

import { expect, it } from "vitest";
import { emptyTally, recordTime } from "../../../src/core/run/tally.ts";
import { tallyFromJson, tallyToJson } from "../../../src/core/run/tally-json.ts";

it("counts, kinds, statuses, reasons and histograms survive", () => {
  const tally = emptyTally();
  Object.assign(tally, { saved: 3, failed: 2, retryable: 1, bytes: 12_345, totalMs: 40, retries: 7 });
  tally.kinds.set("http_status", 2);
  tally.statuses.set(404, 2);
  tally.reasons.set("robots", 1);
  for (const ms of [1, 1, 30, 4000]) recordTime(tally.times, ms);
  recordTime(tally.handshakes, 12);
  expect(tallyFromJson(JSON.parse(JSON.stringify(tallyToJson(tally))) as ReturnType<typeof tallyToJson>)).toEqual(
    tally,
  );
});

it("an empty tally is an empty object", () => {
  expect(tallyToJson(emptyTally())).toEqual({});
  expect(tallyFromJson({})).toEqual(emptyTally());
});
