// File names: whatever a URL, a list or a template says, they stay inside the folder and harm nothing.
import { lstatSync, readFileSync, rmSync } from "node:fs";
import { join, normalize, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../src/core/failure.ts";
import { OptionError } from "../../src/core/option.ts";
import { isPossible, names } from "../../src/sink/names.ts";
import { temporaryFolder } from "../support/command.ts";
import { namesBelow, victims } from "../support/victims.ts";
import { answer, sinkInto, text } from "./bodies.ts";

const TARGET = new URL("http://www.example.org:8080/dir/page.HTML?q=1");

/** What somebody might put into a URL or a list to get out of the folder. */
const NASTY = [
  "..",
  ".",
  "/",
  "\\",
  " ",
  "\0",
  "\n",
  "\u001b[2J",
  "\u0085",
  "\u202e",
  "\ud800",
  "~",
  "C:",
  "%2e%2e",
  "%2F",
  "results.jsonl",
  "failed.txt",
  ".part",
  ".bulkget.lock",
  "CON",
  "a",
  "html",
];
const nasty = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary", maxLength: 3 })))
  .map((s) => s.join(""));
const TEMPLATES = [
  "{n:6}{ext}",
  "{n}",
  "{host}/{basename}{ext}",
  "{basename}",
  "../{n}",
  "/etc/{n}",
  "{n}/../..",
  ".{n}.part",
];
const aTemplate = fc.constantFrom(...TEMPLATES);
const aTarget = fc.oneof(
  fc.webUrl({ withQueryParameters: true }).map((url) => new URL(url)),
  nasty.map((path) => new URL(`http://example.org/${path.replace(/[?#]/g, "")}`)),
);
const aJob = fc
  .record({
    target: aTarget,
    n: fc.integer({ min: 0, max: 2 ** 40 }),
    name: fc.option(nasty, { nil: undefined }),
    type: nasty,
  })
  .map(({ target, n, name, type }) => {
    return { job: { n, url: target.href, ...(name === undefined ? {} : { name }) }, target, type };
  });
const aFile = fc
  .record({ template: aTemplate, of: aJob })
  .map(({ template, of: { job, target, type } }) => names(template).of(job, target, type));

describe("a folder for so many lines", () => {
  const of = (n: number, perDir: number, template = "{n:6}") =>
    names(template, perDir).of({ n, url: TARGET.href }, TARGET, undefined);

  it.each([
    [42, 1000, "000/000042"],
    [999, 1000, "000/000999"],
    [1000, 1000, "001/001000"],
    [123_456, 1000, "123/123456"],
    [1_234_567, 1000, "1234/1234567"],
    [42, 1, "000042/000042"],
    [42, 5000, "000/000042"],
    [999_999, 5000, "199/999999"],
    [999_999, 12_345, "81/999999"],
    [42, 1_000_000, "0/000042"],
    [42, 1_000_000_000, "0/000042"],
  ])("of line %i, %i each, is %s", (n, perDir, file) => expect(of(n, perDir)).toBe(file));

  it("has as many digits as the template's number leaves it, and sorts as the number does", () => {
    expect(of(42, 1000, "{n:9}")).toBe("000000/000000042");
    expect(of(42, 1000, "x{n}")).toBe("0/x42");
    expect(of(42, 1000, "{basename}")).toBe("000/page");
    fc.assert(
      fc.property(
        fc.nat({ max: 999_999 }),
        fc.nat({ max: 999_999 }),
        fc.integer({ min: 1, max: 10 ** 7 }),
        (a, b, per) => {
          expect(of(a, per) < of(b, per)).toBe(a < b);
          expect(of(a, per).slice(0, -7)).toHaveLength(Math.max(1, String(Math.floor(999_999 / per)).length));
        },
      ),
    );
  });

  it("is no part of a name that the list gives, unless that is a number", () => {
    const named = (name: string) => names("{n:6}", 10).of({ n: 42, url: TARGET.href, name }, TARGET, undefined);
    expect(named("a.jpg")).toBe("a.jpg");
    expect(named("42")).toBe("00004/000042");
  });

  it("is refused for what is no number, and beside a template with folders", () => {
    for (const perDir of [0, -1, 0.5, Number.NaN, 2 ** 60]) expect(() => of(1, perDir)).toThrow(OptionError);
    expect(() => of(1, 1000, "{host}/{n}")).toThrow(OptionError);
  });
});

describe("any file name", () => {
  it("stays inside the folder, whatever the URL, the list's name and the template are", () => {
    fc.assert(
      fc.property(aFile, (file) => {
        expect(resolve("/out", file)).toBe(join("/out", file));
        expect(join("/out", file).startsWith("/out/")).toBe(true);
        expect(normalize(file)).toBe(file);
      }),
      { numRuns: 1000 },
    );
  });

  it("has nothing that controls or cannot be seen, no backslash, and is never empty or hidden", () => {
    fc.assert(
      fc.property(aFile, (file) => {
        expect(file).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\\:]/u);
        for (const part of file.split("/")) expect(part).toMatch(/^[^.\s](.*[^.\s])?$/u);
      }),
      { numRuns: 1000 },
    );
  });

  it("is never one that the run uses itself, in any case", () => {
    fc.assert(
      fc.property(aFile, (file) => {
        for (const part of file.split("/"))
          expect(part).not.toMatch(/^(results\.jsonl|failed\.txt|\.bulkget\.lock|.*\.part)$/i);
      }),
      { numRuns: 1000 },
    );
  });
});

it("whatever the names are, all that a sink writes lies in its folder, each body under its own name", () => {
  const root = temporaryFolder();
  try {
    const around = victims(root.path);
    const folder = join(around.cwd, "downloads");
    const before = around.snapshot();
    fc.assert(
      fc.property(aTemplate, fc.uniqueArray(aJob, { selector: ({ job }) => job.n, maxLength: 8 }), (template, jobs) => {
        const sink = sinkInto(folder, { template });
        const bodies = new Map<string, string>();
        for (const { job, target, type } of jobs) {
          const stored = sink.write(job, target, answer([text(`of ${job.n}`)], { type }));
          if ("then" in stored || "storing" in stored) return expect.unreachable();
          if (isFailure(stored)) expect(stored.error).toMatch(/^(file_exists|name_too_long)$/);
          else bodies.set(stored.file ?? "", `of ${job.n}`);
        }
        const files = namesBelow(folder).filter((name) => !lstatSync(join(folder, name)).isDirectory());
        expect(new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]))).toEqual(
          new Map([...bodies].sort(([a], [b]) => (a < b ? -1 : 1))),
        );
        expect(around.snapshot()).toEqual(before);
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 150 },
    );
  } finally {
    root.remove();
  }
});

describe("a file that a record names", () => {
  it("is possible if it is any that a run can save", () => {
    fc.assert(
      fc.property(aFile, (file) => {
        expect(isPossible(file)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    [
      "",
      ".",
      "..",
      "../x",
      "a/../x",
      "a/..",
      "./x",
      "/x",
      "//x",
      "a//x",
      "a/",
      ".hidden",
      "a/.hidden",
      ".bulkget/lock",
    ],
    [
      "a\\b",
      "..\\x",
      "C:x",
      "C:\\x",
      "x\0",
      "results.jsonl",
      "RESULTS.JSONL",
      "failed.txt",
      "results.jsonl.part",
      "1.PART",
    ],
  ])("is not if it leads elsewhere, is hidden or the run's own: %j and the like", (...files) => {
    expect(files.filter(isPossible)).toEqual([]);
  });
});

describe("a template", () => {
  const of = (template: string, target = TARGET, type?: string) => names(template).of({ n: 42, url: "" }, target, type);

  it.each([
    ["{n:6}{ext}", "000042.html"],
    ["{n}", "42"],
    ["{n:1}", "42"],
    ["{n:12}", "000000000042"],
    ["{host}/{basename}{ext}", "www.example.org_8080/page.html"],
    ["page-{n:3}.txt", "page-042.txt"],
    ["{host}-{n}", "www.example.org_8080-42"],
    ["a//{n}/", "a/42"],
  ])("%s names line 42 %s", (template, file) => {
    expect(of(template)).toBe(file);
  });

  it.each([
    ["http://example.org/", "index"],
    ["http://example.org/dir/", "index"],
    ["http://example.org/a.tar.gz", "a"],
    ["http://example.org/v1.2", "v1.2"],
    ["http://example.org/.htaccess", "_htaccess"],
    ["http://example.org/a%20b.html", "a%20b"],
    [`http://example.org/${"x".repeat(500)}.html`, "x".repeat(150)],
  ])("takes {basename} of %s", (url, basename) => {
    expect(of("{basename}", new URL(url))).toBe(basename);
  });

  it("takes {ext} from the Content-Type where the path has none", () => {
    expect(of("{n:6}{ext}", new URL("http://example.org/x"), "image/png; q=1")).toBe("000042.png");
  });

  it.each(["http://[::1]:8080/", "http://[2001:db8::1]/"])("makes a folder's name of {host} in %s", (url) => {
    expect(of("{host}/{n}", new URL(url))).toMatch(/^[0-9a-z_]+\/42$/);
  });

  it.each([
    ["", "every file would have the same name"],
    ["page.html", "every file would have the same name"],
    ["{ext}", "every file would have the same name"],
    ["{n}{nn}", "no field {nn} (there are {n}, {n:6}, {ext}, {host}, {basename})"],
    ["{n}{n:x}", "no field {n:x}"],
    ["{n}{}", "no field {}"],
    ["{constructor}", "no field {constructor}"],
  ])("%j is refused, and told what would do", (template, message) => {
    expect(() => names(template)).toThrow(OptionError);
    expect(() => names(template)).toThrow(`--name "${template}": ${message}`);
  });

  it.each([
    "{n:6}{ext}",
    "{n}{n:2}",
    "{host}/{n}{ext}",
    "{n}-{basename}",
    "{basename}-{n}{ext}",
    "{basename}{n}",
    "{n:1}{basename}",
  ])("%s keeps two numbers apart if it says so", (template) => {
    const naming = names(template);
    const numbers = new Map<string, number>();
    for (const path of ["", "1", "11", "a", "a1", "1a", "1-1", "-1.gz"]) {
      for (let n = 1; n < 200; n++) {
        const file = naming.of({ n, url: "" }, new URL(`http://example.org/${path}`), undefined);
        if (naming.unique) expect(`${numbers.get(file) ?? n} is ${file}`).toBe(`${n} is ${file}`);
        numbers.set(file, n);
      }
    }
  });

  it("keeps numbers apart as it is by default, and not without a number", () => {
    expect([names("{n:6}{ext}").unique, names("{host}/{basename}").unique]).toEqual([true, false]);
  });
});

describe("a name that the list gives", () => {
  const of = (name: string) => names("{n:6}{ext}").of({ n: 42, url: "", name }, TARGET, "text/html");

  it.each([
    ["a b.html", "a b.html"],
    ["sub/a.html", "sub/a.html"],
    ["über 日本.txt", "über 日本.txt"],
    ["../../etc/passwd", "_/_/etc/passwd"],
    ["/etc/passwd", "etc/passwd"],
    ["C:\\x", "C__x"],
    ["results.jsonl", "_results.jsonl"],
    ["sub/Failed.TXT", "sub/_Failed.TXT"],
    ["nul.txt", "_nul.txt"],
    ["a. ", "a_"],
    ["///", "_"],
    ["\u202egpj.exe", "_gpj.exe"],
    ["a\u061cb\u2060c\u00add\u{e0041}", "a_b_c_d_"],
    ["half\ud800", "half_"],
    ["\u00a0a\u3000", "_a_"],
    ["re\u017fults.jsonl", "_re\u017fults.jsonl"],
    ["com\u00b9.txt", "_com\u00b9.txt"],
    ["aux .txt", "_aux .txt"],
    ["CONIN$", "_CONIN$"],
  ])("%j makes %j", (name, file) => {
    expect(of(name)).toBe(file);
  });

  it("is the line's number where it is digits only: the template makes a name of it", () => {
    expect(of("000042")).toBe("000042.html");
  });
});
