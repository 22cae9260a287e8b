// failed.txt: the list of failures, which keeps every number and name in the next run.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Job, Outcome } from "../../src/core/job.ts";
import { knownAs } from "../../src/core/url/redact.ts";
import { failedFile, failedList, versionOf } from "../../src/report/failed-list.ts";
import { fileNames } from "../../src/sink/names/file-names.ts";
import { lineSplitter } from "../../src/source/formats/line-splitter.ts";
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
  const reporter = failedList(path, `${path}.part`);
  for (const outcome of outcomes) void reporter.outcome(outcome);
  void reporter.end?.(viewOf([]));
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

describe("failed.txt", () => {
  it("has the URL of each failure, with its name or line number", () => {
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

  it("has one line per failure, whatever names and digests contain", () => {
    const odd = { name: "a\tb\r\nhttp://evil/", expected_sha256: "x\nhttp://evil/\t000009" };
    expect(written(failed({ n: 1, url: "http://a/\n\thttp://evil/", ...odd }))).toBe(
      "http://a/  http://evil/\ta_b__http://evil/\tn=1\tsha256=x http://evil/ 000009\n",
    );
  });

  it("does not exist if nothing failed", () => {
    expect(written(saved(), failed({ error: "interrupted" }))).toBeUndefined();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("has an mtime that is not before its failures, also on file systems with coarse times", () => {
    const failedMs = Date.now();
    written(failed());
    const { mtimeMs } = statSync(path);
    expect(mtimeMs).toBeGreaterThanOrEqual(failedMs);
    expect(mtimeMs % 2000).toBe(0);
  });

  it("gets its final name only when it is complete", () => {
    const reporter = failedList(path, `${path}.part`);
    void reporter.outcome(failed());
    expect(readdirSync(folder.path)).toEqual(["failed.txt.part"]);
    void reporter.end?.(viewOf([]));
    expect(readdirSync(folder.path)).toEqual(["failed.txt"]);
  });

  it("of an earlier run is replaced, and removed if nothing failed", () => {
    written(failed({ n: 1 }));
    const file = failedFile(path, `${path}.part`, versionOf(path));
    file.add(failed({ n: 2, url: "http://b/" }));
    expect(file.end()).toBeUndefined();
    expect(readFileSync(path, "utf8")).toBe("http://b/\t000002\n");
    expect(failedFile(path, `${path}.part`, versionOf(path)).end()).toBeUndefined();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("that another program created or changed during the run stays, and the run writes failed.txt.new", () => {
    for (const before of ["none", "one"]) {
      if (before === "one") written(failed({ n: 1 }));
      const version = versionOf(path);
      const [empty, full] = [failedFile(path, `${path}.part`, version), failedFile(path, `${path}.part`, version)];
      writeFileSync(path, "mine");
      expect(empty.end()).toBeUndefined();
      full.add(failed({ n: 2, url: "http://b/" }));
      const beside = before === "none" ? `${path}.new` : `${path}.new2`;
      expect(full.end()).toBe(`${path} is no longer the run's: what failed is in ${beside}`);
      expect(readFileSync(path, "utf8")).toBe("mine");
      expect(readFileSync(beside, "utf8")).toBe("http://b/\t000002\n");
    }
  });

  it("is a list that results in the same jobs", () => {
    const texts = [
      "http://a/",
      " ",
      "\t",
      "#",
      "é",
      "x.txt",
      "42",
      "000007",
      "\tx\tn=9",
      "\r",
      "\0",
      "/",
      "\u2028",
      "\u001b[2J",
      "\u009b",
      "\u202e",
    ];
    const aLine = fc.array(fc.constantFrom(...texts), { minLength: 1 }).map((line) => line.join(""));
    fc.assert(
      fc.property(fc.array(aLine), (lines) => {
        const jobs = jobsOf(lines.join("\n")).filter(({ n, name }) => !isNumber(name) || Number(name) === n);
        const text = written(...jobs.map((job) => failed(job))) ?? "";
        expect(jobsOf(text).map(origin)).toEqual(jobs.map((job) => origin({ ...job, url: knownAs(job.url) })));
        expect(text.replace(/[\t\n]/g, "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
      { numRuns: 300 },
    );
  });

  it("keeps a name that only looks like a line number, and reads only digits as a number", () => {
    const odd = [
      "0x10",
      "16.0",
      "1.6e1",
      "+16",
      "-16",
      "1_6",
      "１６",
      "٣",
      "0b10000",
      "0o20",
      "1234567890123456",
      "Infinity",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...odd, "16", "0016", "000016"), fc.constantFrom(2, 3, 16, 1e15 - 1), (name, n) => {
        const text = written(failed({ n, url: "http://a/", name })) ?? "";
        const [job] = jobsOf(`# first, so that the place is no line's number\n${text}`);
        expect(job).toMatchObject({ n, url: "http://a/" });
        expect(fileOf(job)).toBe(fileOf({ n, url: "http://a/", name }));
      }),
      { numRuns: 300 },
    );
  });

  it("leads to the same file again for any name of a library's caller", () => {
    const texts = [
      " ",
      "\t",
      "\n",
      "\r",
      "\ufeff",
      "\u00a0",
      ".",
      "/",
      "16",
      "n=7",
      "sha256=",
      "x.txt",
      "#",
      "é",
      "\0",
      "\u2028",
    ];
    const aName = fc.array(fc.constantFrom(...texts)).map((all) => all.join(""));
    fc.assert(
      fc.property(aName, fc.constantFrom(16, 17), (name, n) => {
        const text = written(failed({ n, url: "http://a/", name })) ?? "";
        expect(jobsOf(text)).toHaveLength(1);
        const [job] = jobsOf(text);
        expect(job?.n).toBe(n);
        expect(fileOf(job)).toBe(fileOf({ n, url: "http://a/", name }));
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps the line number of a line whose name is digits", () => {
    const jobs = jobsOf("http://a/\t42\tn=7\n");
    expect(jobs).toMatchObject([{ n: 7 }]);
    expect(jobsOf(written(...jobs.map((job) => failed(job))) ?? "")).toMatchObject([{ n: 7 }]);
  });

  it("has one line per failure for any URL of a library's caller", () => {
    const text = written(failed({ url: "http://a/\nhttp://b/\t\r", name: "x\n\ty" }));
    expect(text).toMatch(/^[^\t\r\n]+\t[^\t\r\n]+\tn=1\n$/);
  });

  it("is not written through a symbolic link at its path", () => {
    const victim = folder.at("victim");
    writeFileSync(victim, "mine");
    mkdirSync(folder.at("out"));
    path = folder.at("out", "failed.txt");
    symlinkSync(victim, `${path}.part`);
    try {
      written(failed());
    } catch {
      // refusing is as safe as replacing
    }
    expect(readFileSync(victim, "utf8")).toBe("mine");
  });
});

function jobsOf(text: string) {
  const splitting = lineSplitter({ offset: 0 });
  return [...splitting.push(Buffer.from(text)), ...splitting.end()];
}

/** The file name of a job with the default template. */
function fileOf(job: Job | undefined): string | undefined {
  return job && fileNames("{n:6}{ext}").of(job, new URL("http://a/"), undefined);
}

function isNumber(name = ""): boolean {
  return /^\d{1,15}$/.test(name);
}

/** The values that must survive: URL, number, and a name that is no number; without characters that become `_` in file names. */
function origin({ n, url, name = "" }: { n: number; url: string; name?: string }) {
  const clean = name.replace(/[\p{Cc}\p{Cf}\p{Zl}]/gu, "_").replace(/^\/(?=n=)/, "");
  return { n, url: url.replaceAll("\r", " "), name: isNumber(name) ? "" : clean };
}
