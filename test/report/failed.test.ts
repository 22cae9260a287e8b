// failed.txt: a list of what failed, which fed back keeps every number and name.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/core/job.ts";
import { failedFile, failedList } from "../../src/report/failed.ts";
import { splitter } from "../../src/source/split.ts";
import { failed, saved } from "../core/outcomes.ts";
import { ownFolder } from "../support/own.ts";
import { viewOf } from "./view.ts";

const folder = ownFolder();
let path: string;
beforeEach(() => {
  path = folder.at("failed.txt");
});

function written(...outcomes: Outcome[]): string | undefined {
  rmSync(path, { force: true });
  const reporter = failedList(path);
  for (const outcome of outcomes) void reporter.outcome(outcome);
  void reporter.end?.(viewOf([]));
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

describe("failed.txt", () => {
  it("has the failures' URLs, each with its name or the line's number", () => {
    const text = written(
      failed({ n: 42, url: "http://a/" }),
      saved({ n: 43 }),
      failed({ n: 44, url: "http://b/", name: "sub/b c.html" }),
      failed({ n: 1_234_567, url: "not a url" }),
      failed({ n: 45, error: "interrupted" }),
    );
    expect(text).toBe("http://a/\t000042\nhttp://b/\tsub/b c.html\tn=44\nnot a url\t1234567\n");
    expect(readdirSync(folder.path)).toEqual(["failed.txt"]);
  });

  it("has a line for each, whatever is in their names and digests", () => {
    const odd = { name: "a\tb\r\nhttp://evil/", expected_sha256: "x\nhttp://evil/\t000009" };
    expect(written(failed({ n: 1, url: "http://a/\n\thttp://evil/", ...odd }))).toBe(
      "http://a/  http://evil/\ta b  http://evil/\tn=1\tsha256=x http://evil/ 000009\n",
    );
  });

  it("is not there where nothing failed", () => {
    expect(written(saved(), failed({ error: "interrupted" }))).toBeUndefined();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("has its name only when it is whole", () => {
    const reporter = failedList(path);
    void reporter.outcome(failed());
    expect(readdirSync(folder.path)).toEqual(["failed.txt.part"]);
    void reporter.end?.(viewOf([]));
    expect(readdirSync(folder.path)).toEqual(["failed.txt"]);
  });

  it("of earlier runs stays after a fresh run without failures, and goes when it is ours and nothing failed", () => {
    writeFileSync(path, "mine");
    failedFile(path).end(false);
    expect(readFileSync(path, "utf8")).toBe("mine");
    failedFile(path).end(true);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("is a list that gives the same jobs again", () => {
    const texts = ["http://a/", " ", "\t", "#", "é", "x.txt", "42", "000007", "\tx\tn=9", "\r", "\0", "/", "\u2028"];
    const aLine = fc.array(fc.constantFrom(...texts), { minLength: 1 }).map((line) => line.join(""));
    fc.assert(
      fc.property(fc.array(aLine), (lines) => {
        const jobs = jobsOf(lines.join("\n")).filter(({ n, name }) => !isNumber(name) || Number(name) === n);
        const text = written(...jobs.map((job) => failed(job))) ?? "";
        expect(jobsOf(text).map(origin)).toEqual(jobs.map(origin));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps a number that the list gave beside a name of digits", () => {
    const jobs = jobsOf("http://a/\t42\tn=7\n");
    expect(jobs).toMatchObject([{ n: 7 }]);
    expect(jobsOf(written(...jobs.map((job) => failed(job))) ?? "")).toMatchObject([{ n: 7 }]);
  });

  it("has one line for each, whatever a program hands in", () => {
    const text = written(failed({ url: "http://a/\nhttp://b/\t\r", name: "x\n\ty" }));
    expect(text).toMatch(/^[^\t\r\n]+\t[^\t\r\n]+\tn=1\n$/);
  });

  it("is not written through a link that somebody planted on its way", () => {
    const victim = folder.at("victim");
    writeFileSync(victim, "mine");
    mkdirSync(folder.at("out"));
    path = folder.at("out", "failed.txt");
    symlinkSync(victim, `${path}.part`);
    try {
      written(failed());
    } catch {
      // to refuse is as good as to replace
    }
    expect(readFileSync(victim, "utf8")).toBe("mine");
  });
});

function jobsOf(text: string) {
  const splitting = splitter({ offset: 0 });
  return [...splitting.push(Buffer.from(text)), ...splitting.end()];
}

function isNumber(name = ""): boolean {
  return /^\d{1,15}$/.test(name);
}

/** What must survive: the URL, the number, and the name unless it is a number; but no carriage return, which no name has. */
function origin({ n, url, name = "" }: { n: number; url: string; name?: string }) {
  return { n, url: url.replaceAll("\r", " "), name: isNumber(name) ? "" : name.replaceAll("\r", " ") };
}
