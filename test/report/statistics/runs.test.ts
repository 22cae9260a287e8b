// Parsing runs.jsonl, in which other versions, editors and kills may have left anything.
import { expect, it } from "vitest";
import { parseRuns } from "../../../src/report/statistics/runs.ts";

const BEGIN = "2026-01-01T00:00:00.000Z";
const END = "2026-01-01T00:01:00.000Z";
const begun = (run: string, over: object = {}) => ({
  run,
  begin: BEGIN,
  version: "0.1.0",
  command: "bulkget a",
  ...over,
});
const startAtMs = Date.parse(BEGIN);

it("a run of runs.jsonl has what its last line has, and no end if it was killed", () => {
  const auto = [[1000, 4, 12.5, "first"], [2000, 8, 20, "faster"], ["x"], 7];
  const ended = { ...begun("a"), end: END, counts: { saved: 3 }, exit_code: 0, peak_in_flight: 50, auto, later: {} };
  const killed = begun("b", { begin: "2026-01-02T00:00:00.000Z" });
  const lines = [begun("a"), ended, killed].map((row) => JSON.stringify(row));
  const first = {
    ...{
      startAtMs,
      endAtMs: startAtMs + 60_000,
      version: "0.1.0",
      command: "bulkget a",
      exitCode: 0,
      peakInFlight: 50,
    },
    auto: [
      { ms: 1000, inFlight: 4, urlsPerSecond: 12.5, reason: "first" },
      { ms: 2000, inFlight: 8, urlsPerSecond: 20, reason: "faster" },
    ],
  };
  const second = { startAtMs: startAtMs + 86_400_000, version: "0.1.0", command: "bulkget a" };
  expect(parseRuns(lines)).toEqual([first, second]);
  expect(parseRuns(lines.toReversed())).toEqual([first, second]);
});

it("lines of runs.jsonl that are no runs are left out, and fields of another type as well", () => {
  const odd = { ...begun("a"), version: 7, command: null, exit_code: "0", peak_in_flight: -1, auto: "none" };
  const lines = ["", "{", "[]", "null", '"x"', '{"run":"c","begin":"yesterday"}', '{"begin":5}', JSON.stringify(odd)];
  expect(parseRuns(lines)).toEqual([{ startAtMs, version: "", command: "" }]);
});

it("runs of runs.jsonl without an id are told apart by their begin", () => {
  const lines = [{ begin: BEGIN }, { begin: BEGIN, end: END }, { begin: END }].map((row) => JSON.stringify(row));
  expect(parseRuns(lines).map((run) => run.endAtMs)).toEqual([startAtMs + 60_000, undefined]);
});
