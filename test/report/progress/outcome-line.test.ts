// The line of an outcome, word for word: place, what happened, tries, URL.
import { describe, expect, it } from "vitest";
import { FACTS, type FailureKind } from "../../../src/core/failure.ts";
import type { Failed, Outcome } from "../../../src/core/job.ts";
import { refusalIn, refusalOf } from "../../../src/core/scheduler/refusal.ts";
import { failureWords } from "../../../src/report/failure-words.ts";
import { fitted } from "../../../src/report/progress/fit.ts";
import { outcomeLine, placeOf } from "../../../src/report/progress/outcome-line.ts";
import { outcomeLines } from "../../../src/report/progress/outcome-lines.ts";
import { failed, saved, skipped, unchanged } from "../../core/outcomes.ts";
import { NO_CONTROLS } from "../view.ts";

const textOf = (outcome: Outcome, columns?: number) =>
  fitted(outcomeLine(outcome, placeOf(outcome, undefined, { list: "urls.txt" })), columns);

const BUSY = { error: "http_status", status: 503, detail: "503 Service Unavailable" } as const;
const HOSTILE = failed({
  n: 9,
  url: "http://a/\u001b[2J\r\n",
  detail: "proxy said \u009b31m\nand more",
  error: "proxy_failed",
});

describe("the line of an outcome", () => {
  it.each<[Outcome, string]>([
    [failed({ n: 42 }), "urls.txt:42: connection refused (ECONNREFUSED 127.0.0.1:1): https://example.org/a.html"],
    [
      failed({ n: 53, ...BUSY, attempts: 4, retried_after: Array(3).fill("http_status: 503 Service Unavailable") }),
      "urls.txt:53: 503 Service Unavailable, 4 tries: https://example.org/a.html",
    ],
    [
      failed({
        n: 7,
        ...BUSY,
        attempts: 5,
        retried_after: [
          "http_status: 502 Bad Gateway",
          "truncated: 1 of 2 bytes",
          "truncated: 2 of 9 bytes",
          "http_status: 503 Service Unavailable",
        ],
      }),
      "urls.txt:7: 503 Service Unavailable, 5 tries, earlier: 502 Bad Gateway; the body was cut short (1 of 2 bytes): https://example.org/a.html",
    ],
    [
      failed({ n: 8, error: "headers_timeout", detail: "no whole header block in 30 s", attempts: 2 }),
      "urls.txt:8: timed out waiting for headers (30 s), 2 tries: https://example.org/a.html",
    ],
    [
      failed({ n: 44, list: "b.txt", line: 2, error: "dns_not_found", detail: "getaddrinfo ENOTFOUND x.example" }),
      "b.txt:2: no such host name (ENOTFOUND x.example): https://example.org/a.html",
    ],
    [
      failed({ n: 5, error: "dns_not_found", detail: "x.example: no such name (ENOTFOUND)", attempts: 2 }),
      "urls.txt:5: x.example: no such name (ENOTFOUND), 2 tries: https://example.org/a.html",
    ],
    [
      failed({ n: 42, url: "htp://x", error: "unsupported_scheme", detail: "only http and https" }),
      'urls.txt:42: not a URL that can be fetched: "htp://x" (only http and https)',
    ],
    [
      failed({ n: 42, url: "x y", error: "invalid_url", detail: "no http:// or https:// in front" }),
      'urls.txt:42: not a URL that can be fetched: "x y" (no http:// or https:// in front)',
    ],
    [saved({ n: 7, file: "000007.html" }), "urls.txt:7: saved 000007.html (100 B, 10 ms): https://example.org/a.html"],
    [saved({ n: 7 }), "urls.txt:7: saved (100 B, 10 ms): https://example.org/a.html"],
    [
      saved({ n: 1, bytes: 3, total_ms: 40, dns_ms: 12, connect_ms: 20, tls_ms: 30 }),
      "urls.txt:1: saved (3 B, 40 ms with look-up 12 ms, connect 20 ms, TLS 30 ms): https://example.org/a.html",
    ],
    [
      saved({ n: 7, attempts: 3, retried_after: ["truncated: 1 of 2 bytes", "http_status: 503 \u001b[2J"] }),
      "urls.txt:7: saved (100 B, 10 ms, 3 tries, earlier: the body was cut short (1 of 2 bytes); 503 \\x1b[2J): https://example.org/a.html",
    ],
    [unchanged({ n: 7, file: "7.html" }), "urls.txt:7: unchanged 7.html (100 B, 10 ms): https://example.org/a.html"],
    [
      skipped({ n: 7 }),
      "urls.txt:7: skipped, robots (disallowed by https://example.org/robots.txt): https://example.org/a.html",
    ],
    [
      skipped({ n: 7, reason: "noai", detail: "X-Robots-Tag", status: 200, attempts: 1, file: "000007.html" }),
      "urls.txt:7: skipped, noai (X-Robots-Tag); 000007.html is kept as it was: https://example.org/a.html",
    ],
    [
      failed({ n: 7, file: "000007.html", bytes: 5, error: "truncated", detail: "1 of 2 bytes" }),
      "urls.txt:7: the body was cut short (1 of 2 bytes); 000007.html is kept as it was: https://example.org/a.html",
    ],
    [
      HOSTILE,
      "urls.txt:9: the proxy made no connection (proxy said \\x9b31m\\x0aand more): http://a/\\x1b[2J\\x0d\\x0a",
    ],
  ])("%# says what there is to say, once", (outcome, line) => {
    expect(textOf(outcome)).toBe(line);
  });

  it.each([
    [110, "urls.txt:53: 503 Service Unavailable, 4 tries: https://example.org/catalogue/2024/11/photo-of-it.html"],
    [100, "urls.txt:53: 503 Service Unavailable, 4 tries: example.org/catalogue/2024/11/photo-of-it.html"],
    [80, "urls.txt:53: 503 Service Unavailable, 4 tries: example.org/…/11/photo-of-it.html"],
    [60, "urls.txt:53: 503 Service Unavaila…: example.o…oto-of-it.html"],
    [40, "urls.txt:53: 503 Serv…: exampl…f-it.html"],
  ])("in %i columns has the beginning of its text, and the end of its URL", (columns, line) => {
    const url = "https://example.org/catalogue/2024/11/photo-of-it.html";
    const shown = textOf(failed({ n: 53, ...BUSY, attempts: 4, url }), columns);
    expect(shown).toBe(line);
    expect(shown.length).toBeLessThanOrEqual(columns);
  });

  it("has its tries rather than its details, where both do not fit", () => {
    const cut = { error: "truncated", detail: "17713 of 35427 bytes", attempts: 4 } as const;
    const line = (columns: number) =>
      textOf(failed({ n: 121, ...cut, retried_after: ["dns_temporary: getaddrinfo EAI_AGAIN a"] }), columns);
    expect(line(200)).toBe(
      "urls.txt:121: the body was cut short (17713 of 35427 bytes), 4 tries, earlier: host name look-up failed for now (EAI_AGAIN a): https://example.org/a.html",
    );
    expect(line(80)).toBe("urls.txt:121: the body was cut short, 4 tries: https://example.org/a.html");
  });

  it.each([
    [100, 'urls.txt:963: not a URL that can be fetched: "ftp://h963.example/p/963.jpg" (only http and https)'],
    [80, "urls.txt:963: not http or https: ftp://h963.example/p/963.jpg"],
    [60, "urls.txt:963: not http or https: ftp://h963…xample/p/963.jpg"],
    [40, "urls.txt:963: not htt…: ftp://…p/963.jpg"],
  ])("in %i columns has the reason why a line is no URL that can be fetched", (columns, line) => {
    const ftp = { url: "ftp://h963.example/p/963.jpg", error: "unsupported_scheme", detail: "only http and https" };
    expect(textOf(failed({ n: 963, ...ftp } as Partial<Failed>), columns)).toBe(line);
  });

  it("has the full, escaped stack of a bug", () => {
    const bug = failed({ error: "internal", detail: "TypeError: \u001b[31mx\ny\n    at file.ts:1:1" });
    expect(textOf(bug).split("\n")).toEqual([
      "urls.txt:1: a bug in bulkget: TypeError: \\x1b[31mx\\x0ay",
      "    at file.ts:1:1: https://example.org/a.html",
    ]);
  });

  it("is short for a long URL, with its beginning and its end", () => {
    const url = `http://a/${"x".repeat(60_000)}/end.html`;
    const line = textOf(failed({ url, detail: "y".repeat(60_000) }));
    expect(line.length).toBeLessThan(600);
    expect(line).toMatch(/: http:\/\/a\/x+…x+\/end\.html$/);
  });

  it("has words for every kind of failure", () => {
    for (const kind of Object.keys(FACTS) as FailureKind[]) {
      expect(failureWords(kind, "")).toBe(FACTS[kind].label);
      expect(failureWords(kind, "the detail")).toContain("the detail");
      expect(failureWords(kind, "the detail")).not.toContain(kind);
    }
  });
});

describe("the place of an outcome", () => {
  const options = { list: "urls.txt", hasLines: (name: string) => !name.endsWith(".csv") };
  it.each<[string, Outcome, Parameters<typeof placeOf>[1], string | undefined]>([
    ["urls.txt:42", failed({ n: 42 }), { n: 42, url: "" }, "urls.txt"],
    ["#42", failed({ n: 42 }), { n: 42, url: "", numbered: true }, "urls.txt"],
    ["b.txt:2", failed({ n: 42, list: "b.txt", line: 2 }), { n: 42, url: "", numbered: true }, undefined],
    ["#42", failed({ n: 42 }), { n: 42, url: "" }, "t.csv"],
    ["#42", failed({ n: 42, list: "t.csv", line: 2 }), { n: 42, url: "" }, undefined],
    ["t.csv:7", failed({ n: 6, line: 7, error: "invalid_row" }), { n: 6, url: "" }, "t.csv"],
    ["#42", failed({ n: 42 }), undefined, undefined],
    ["a\\x1b:42", failed({ n: 42 }), undefined, "a\u001b"],
  ])("is %s", (place, outcome, job, list) => {
    expect(placeOf(outcome, job, { ...options, list })).toBe(place);
  });
});

describe("the lines of a host that is down", () => {
  const url = (n: number, host = "down.example") => `https://${host}/${n}`;
  const refusal = refusalOf(failed() as Failed, "down.example failed 4 times in a row");

  function linesFor(outcomes: readonly Outcome[], verbose = false): string[] {
    const lines: string[] = [];
    const print = (line: Parameters<typeof fitted>[0]) => void lines.push(fitted(line));
    const take = outcomeLines({ print, verbose, maxFailures: 3, list: "urls.txt" });
    for (const outcome of outcomes) take(outcome);
    return lines;
  }

  it("are one line, which says that they are not tried", () => {
    const outcomes = [16, 17, 18, 19, 20].map((n) => failed({ n, url: url(n), attempts: 0, detail: refusal.detail }));
    expect(linesFor(outcomes)).toEqual([
      "urls.txt:16: down.example failed 4 times in a row: connection refused (ECONNREFUSED 127.0.0.1:1); its lines are not tried",
    ]);
    expect(linesFor(outcomes, true)).toHaveLength(5);
    expect(refusalIn(refusal.detail)?.last).toBe(failed().detail);
    expect(refusalIn("not tried")).toBeUndefined();
  });

  it("are one line where each of them was tried, and other hosts have their own", () => {
    const outcomes = [
      failed({ n: 1, url: url(1) }),
      failed({ n: 2, url: url(2) }),
      failed({ n: 3, url: url(3, "b.example") }),
      failed({ n: 4, url: url(4), error: "http_status", status: 404, detail: "404 Not Found" }),
      failed({ n: 5, url: url(5, "b.example") }),
    ];
    expect(linesFor(outcomes).map((line) => line.split(":")[1])).toEqual(["1", "3", "4"]);
  });

  it("end at the maximum, whatever the number of hosts", () => {
    const outcomes = Array.from({ length: 50 }, (_, n) => failed({ n, url: url(n, `h${n}.example`) }));
    const lines = linesFor(outcomes);
    expect(lines).toHaveLength(4);
    expect(lines[3]).toBe("more failures: each is in failed.txt and results.jsonl");
    for (const line of lines) expect(line).toMatch(NO_CONTROLS);
  });
});
