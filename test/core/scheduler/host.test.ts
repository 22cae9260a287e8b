// Hosts as the frontier knows them: by the beginning of a URL, left alone where they ask for it, given up where nobody answers.

import { strictEqual } from "node:assert";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Frontier } from "../../../src/core/scheduler/task.ts";
import { hostKey } from "../../../src/core/url/host-key.ts";
import { parseUrl } from "../../../src/core/url/parse-url.ts";
import { filled, job, made, numbers, only, started } from "../fronts.ts";

describe("the host of a URL", () => {
  const hostOf = (front: Frontier, url: string) => {
    front.add({ n: 1, url }, 0);
    return front.next(0)?.host;
  };

  it.each([
    ["http://example.com/a", "example.com"],
    ["https://example.com", "example.com:443"],
    ["http://Example.COM/", "example.com"],
    ["http://example.com:80/", "example.com"],
    ["https://example.com:443?q", "example.com:443"],
    ["https://example.com:80#f", "example.com:80"],
    ["http://example.com:0080/", "example.com"],
    ["http://example.com:65535/", "example.com:65535"],
    ["http://user:p@ss@example.com:81/@x", "example.com:81"],
    ["http://127.0.0.1:8080/a", "127.0.0.1:8080"],
    ["http://0x7f.1/", "127.0.0.1"],
    ["http://[::1]:81/", "[::1]:81"],
    ["http:\\\\example.com\\a", "example.com"],
    ["http://example.com\\@evil.test/", "example.com"],
    ["http:///example.com/", "example.com"],
    ["HTTP:example.com", "example.com"],
    ["http://bücher.example/", "xn--bcher-kva.example"],
    ["http://ex%61mple.com/", "example.com"],
    ["http://", ""],
    ["http://a b/", ""],
    ["http://exa\tmple.com/", ""],
    ["ftp://example.com/", ""],
    ["example.com/a", ""],
    ["", ""],
  ])("of %s is %j", (url, host) => {
    expect(hostOf(made(), url)).toBe(host);
  });

  it("is its name and port, whatever URL came before", () => {
    const mixed = fc.oneof(
      { weight: 1, arbitrary: fc.webUrl({ withFragments: true, withQueryParameters: true }) },
      {
        weight: 1,
        arbitrary: fc.webUrl({
          authoritySettings: { withIPv4: true, withIPv6: true, withPort: true, withUserInfo: true },
        }),
      },
      {
        weight: 4, // many of hosts whose names begin alike, one after the other
        arbitrary: fc
          .tuple(
            fc.constantFrom("http://", "http://", "http://", "https://", "http:///", "HTTP://", "http:/"),
            fc.constantFrom(
              "a",
              "A",
              "a.b",
              "a.1",
              "1.2.3.4",
              "u@a",
              "u@b",
              "a:80",
              "a:443",
              "a:99999",
              "a..b",
              "",
              "é",
            ),
            fc.constantFrom("", "/", "/x/y", "?q", "#f", "\\z"),
          )
          .map((parts) => parts.join("")),
      },
    );
    fc.assert(
      fc.property(fc.array(mixed, { minLength: 1, maxLength: 20 }), (urls) => {
        const front = made();
        for (const url of urls) {
          const target = parseUrl(url);
          const host = hostOf(front, url);
          if (target instanceof URL) strictEqual(host, hostKey(target), url);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a paused host", () => {
  it("starts nothing before its time, while other hosts go on", () => {
    const front = filled("aab");
    front.park("a", 2000);
    expect(started(front).map(({ host }) => host)).toEqual(["b"]);
    expect(front.dueMs(0)).toBe(2000);
    expect(started(front, 1999)).toEqual([]);
    expect(numbers(started(front, 2000))).toEqual([1, 2]);
  });

  it("does not start earlier because of a second pause or a task that is queued again", () => {
    const front = filled("aa");
    const tasks = started(front);
    front.park("a", 2000);
    front.park("a", 500);
    for (const task of tasks) {
      front.finished(task, "ok", 0);
      front.requeue(task, 100);
    }
    front.add(job(3, "a"), 100);
    expect(front.dueMs(100)).toBe(2000);
    expect(started(front, 1999)).toEqual([]);
    expect(numbers(started(front, 2000))).toEqual([1, 2, 3]);
  });

  it("is remembered while it has no jobs, until 10,000 others like it have come", () => {
    const front = made();
    front.park("first", 5000);
    for (let other = 0; other < 20_000; other++) {
      front.add(job(1, `quiet${other}`), 0);
      front.finished(only(front, 0), "ok", 0);
    }
    for (let other = 1; other < 10_000; other++) front.park(`parked${other}`, 5000);
    front.add(job(1, "first"), 0);
    expect(started(front)).toEqual([]);
    front.finished(only(front, 5000), "ok", 5000);
    front.park("first", 9000);
    for (let other = 0; other < 10_000; other++) front.park(`new${other}`, 9000);
    front.add(job(2, "first"), 5000);
    expect(started(front, 5000)).toHaveLength(1);
  });
});

describe("an overloaded host", () => {
  it("has its overload limit, which ignores tries from before it was lowered", () => {
    let asked = 0;
    const notes: boolean[] = [];
    const front = filled("a".repeat(30), {
      concurrency: 8,
      overloadLimit(most) {
        asked++;
        let limit = most();
        return {
          get limit() {
            return limit;
          },
          record(pushed) {
            notes.push(pushed);
            if (pushed) limit = Math.floor(limit / 2);
          },
        };
      },
    });
    const eight = Array.from({ length: 8 }, () => front.next(0)).filter((task) => task !== undefined);
    expect(asked).toBe(0);
    for (const task of eight) front.finished(task, "overloaded", 0);
    expect([asked, notes]).toEqual([1, [true]]);
    const four = started(front);
    expect(four).toHaveLength(4);
    for (const task of four) front.finished(task, "ok", 0);
    expect(notes).toEqual([true, false, false, false, false]);
  });
});
