// The identity of a chunk in the queue and in the folder, and the bytes that it takes.

import { describe, expect, it } from "vitest";
import { chunkName, chunkOfResults, fromData, jobId, ofJobId, resultsPath, toData } from "../../src/queue/chunk.ts";

describe("a chunk", () => {
  it.each([
    [1, "c000001", "000/000001.jsonl"],
    [123, "c000123", "000/000123.jsonl"],
    [1000, "c001000", "001/001000.jsonl"],
    [1_234_567, "c1234567", "1234/1234567.jsonl"],
  ])("%i is named %s, and its results %s", (n, name, path) => {
    expect(chunkName(n)).toBe(name);
    expect(resultsPath(n)).toBe(path);
    expect(chunkOfResults(path.split("/")[1] ?? "")).toBe(n);
    expect(jobId("7f3a91c0", n)).toBe(`r7f3a91c0-${name}`);
    expect(ofJobId(jobId("7f3a91c0", n))).toEqual({ run: "7f3a91c0", n });
  });

  it.each(["1", "r7f3a91c0-c12", "r7f3a-c000001", "repeat:x:1", "r7f3a91c0-c000001x"])("no id is %s", (id) => {
    expect(ofJobId(id)).toBeUndefined();
  });

  it("has data that Redis keeps in its small form: at most 64 bytes for a range of any list", () => {
    const range = { fromBytes: 9_007_199_254_740_990, toBytes: 9_007_199_254_740_991, crc: 4_294_967_295 };
    expect(JSON.stringify(toData(range)).length).toBeLessThanOrEqual(64);
    expect(fromData(JSON.parse(JSON.stringify(toData(range))))).toEqual(range);
    const jobs = [{ n: 3, url: "https://example.org/" }];
    expect(fromData(JSON.parse(JSON.stringify(toData({ jobs }))))).toEqual({ jobs });
  });

  it.each([undefined, null, 1, "x", {}, [1], [1, 2, "3"], { jobs: 1 }])(
    "is not what another program wrote: %j",
    (data) => {
      expect(fromData(data)).toBeUndefined();
    },
  );
});
