// The number of look-ups that Node's thread pool runs at a time.
import { describe, expect, it } from "vitest";
import { lookupsAtATime, threadsFor } from "../../../../src/http/connect/dns/getaddrinfo.ts";

describe("the number of look-ups at a time", () => {
  it.each([
    [undefined, 2],
    ["1", 1],
    ["5", 3],
    ["128", 64],
    ["5000", 512],
    ["0", 1],
    ["x", 1],
    ["-3", 1],
  ])("is half of the threads: UV_THREADPOOL_SIZE=%s allows %d", (size, lookups) => {
    expect(lookupsAtATime(size)).toBe(lookups);
  });

  it.each([1, 2, 20, 500])("is the concurrency with the threads chosen for %d", (concurrency) => {
    expect(lookupsAtATime(String(threadsFor(concurrency)))).toBeGreaterThanOrEqual(concurrency);
  });
});
