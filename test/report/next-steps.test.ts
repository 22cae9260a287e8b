// What the summary says to do next: where the files are, and the command that goes on or tries again.
import { describe, expect, it } from "vitest";
import { nextLines } from "../../src/report/next-steps.ts";
import { leftOf } from "../../src/report/summary.ts";
import { failed, saved } from "../core/outcomes.ts";
import { NO_CONTROLS, viewOf } from "./view.ts";

const STEPS = { files: () => ({}), goOn: "bulkget urls.txt", tryAgain: "bulkget out/failed.txt -o out" };
const NEVER = failed({ error: "http_status", status: 404, retryable: false });

const linesOf = (outcomes: Parameters<typeof viewOf>[0], over: Parameters<typeof viewOf>[1] = {}, steps = {}) => {
  const view = viewOf(outcomes, over);
  return nextLines(view, leftOf(view), { ...STEPS, ...steps });
};

describe("the end of the summary", () => {
  it("has the command that tries again what may pass, and how much that is", () => {
    expect(linesOf([saved(), failed(), NEVER])).toEqual([
      "again   bulkget out/failed.txt -o out  (1 of the 2 failed may pass)",
    ]);
    expect(linesOf([failed(), failed()])).toEqual(["again   bulkget out/failed.txt -o out  (the 2 failed may pass)"]);
    expect(linesOf([failed()])).toEqual(["again   bulkget out/failed.txt -o out  (the failed one may pass)"]);
  });

  it("has no command if nothing may pass", () => {
    expect(linesOf([saved(), NEVER])).toEqual([]);
  });

  it("has the command that goes on, after a stop", () => {
    const total = () => ({ jobs: 200, exact: true });
    expect(linesOf([saved()], { isStopped: true, total })).toEqual(["again   bulkget urls.txt  (the 199 left)"]);
    const about = () => ({ jobs: 200, exact: false });
    expect(linesOf([saved()], { isStopped: true, total: about })).toEqual([
      "again   bulkget urls.txt  (about 199 left)",
    ]);
    expect(linesOf([saved(), failed()], { isStopped: true }, { goOn: undefined })).toEqual([
      "again   run the same command with the same list  (the rest of the list; the failed one may pass)",
    ]);
    expect(linesOf([saved()], { isStopped: true, total: () => ({ jobs: 1, exact: true }) })).toEqual([]);
  });

  it("names the files that are there, escaped", () => {
    const files = () => ({ failures: "out\u001b[2J/failed.txt", records: "out/results.jsonl" });
    const [line = ""] = linesOf([NEVER], {}, { files });
    expect(line).toBe("files   failures in out\\x1b[2J/failed.txt, records in out/results.jsonl");
    expect(linesOf([], {}, { files: () => ({ records: "r" }) })).toEqual(["files   records in r"]);
    expect(linesOf([], { doneEarlier: { saved: 1, failed: 1, skipped: 0 } }, { files })).toEqual([line]);
    expect(linesOf([saved()], { isStopped: true }, { files })[0]).toBe(line);
    expect(linesOf([failed()], {}, { tryAgain: "bulkget \u001b[2J" })[0]).toMatch(NO_CONTROLS);
  });

  it("says that records are missing", () => {
    const files = () => ({ records: "out/results.jsonl", lacksRecords: true });
    expect(linesOf([NEVER], {}, { files })).toEqual(["files   records in out/results.jsonl (some are missing)"]);
  });

  it("does not name the list of failures where nothing is left that failed", () => {
    const files = () => ({ failures: "out/failed.txt", records: "out/results.jsonl" });
    const view = { doneEarlier: { saved: 3, failed: 0, skipped: 0 } };
    expect(linesOf([saved()], view, { files })).toEqual(["files   records in out/results.jsonl"]);
  });
});
