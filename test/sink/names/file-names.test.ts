// File names stay inside the folder and are safe, whatever the URL, the list or the template contains.
import { lstatSync, readFileSync, rmSync } from "node:fs";
import { join, normalize, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError } from "../../../src/core/errors.ts";
import { isFailure } from "../../../src/core/failure.ts";
import { isSafePath } from "../../../src/fs/safe-path.ts";
import { fileNames } from "../../../src/sink/names/file-names.ts";
import { temporaryFolder } from "../../support/command.ts";
import { namesBelow, victims } from "../../support/folders/victims.ts";
import { answer, sinkInto, text } from "../bodies.ts";

const TARGET = new URL("http://www.example.org:8080/dir/page.HTML?q=1");

/** Texts in a URL or a list that might lead out of the folder. */
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
  "{host}/{path}/{basename}",
  "{path}-{stem}-{n}",
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
  .map(({ template, of: { job, target, type } }) => fileNames(template).of(job, target, type));

describe("a numbered folder (perDir)", () => {
  const of = (n: number, perDir: number, template = "{n:6}") =>
    fileNames(template, perDir).of({ n, url: TARGET.href }, TARGET, undefined);

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

  it("has the leading digits of the template's number, and sorts as the number does", () => {
    expect(of(42, 1000, "{n:9}")).toBe("000000/000000042");
    expect(of(42, 1000, "x{n}")).toBe("0/x42");
    expect(of(42, 1000, "{basename}")).toBe("000/page.HTML");
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

  it("is not part of a name from the list, unless that is a number", () => {
    const named = (name: string) => fileNames("{n:6}", 10).of({ n: 42, url: TARGET.href, name }, TARGET, undefined);
    expect(named("a.jpg")).toBe("a.jpg");
    expect(named("42")).toBe("00004/000042");
  });

  it("is refused for an invalid number, and for a template with folders", () => {
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

  it("has no control or invisible character and no backslash, and is never empty or hidden", () => {
    fc.assert(
      fc.property(aFile, (file) => {
        expect(file).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\\:]/u);
        for (const part of file.split("/")) expect(part).toMatch(/^[^.\s](.*[^.\s])?$/u);
      }),
      { numRuns: 1000 },
    );
  });

  it("from a template and a URL has parts of at most 255 bytes, none cut inside a character", () => {
    const character = fc.constantFrom("a", "é", "日", "😀", "e\u0301", "%E9", "%2F", ".", "%20", "/", "x".repeat(40));
    const url = fc
      .tuple(fc.array(character, { maxLength: 400 }), fc.constantFrom("", ".html", ".tar.gz", ".xyz"))
      .map(([parts, end]) => new URL(`http://${"h".repeat(60)}.example.org/${parts.join("")}${end}`));
    fc.assert(
      fc.property(aTemplate, url, fc.nat(), (template, target, n) => {
        const of = () => fileNames(template).of({ n, url: target.href }, target, "text/html");
        const file = of();
        for (const part of file.split("/")) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
        expect(file).not.toMatch(/\p{Cs}|%[0-9A-Fa-f]?(?![0-9A-Fa-f])/u);
        expect(file.normalize("NFC")).not.toMatch(/e(?!\u0301)(?=-|$)/u);
        expect(of()).toBe(file);
        if (template === "{basename}" && /[a-zA-Z]\.(html|tar\.gz|xyz)$/.test(target.pathname))
          expect(file.endsWith(target.pathname.slice(target.pathname.lastIndexOf(".")))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it("takes time in proportion to its length", () => {
    const long = 300_000; // quadratic work would take minutes
    const nasty = [".", " ", "..", ". ", "\u3000", "con", "con ", "%2e", "%E9", "e\u0301", "a.", ".tar.gz", "_"];
    for (const text of nasty.map((piece) => piece.repeat(long / piece.length))) {
      for (const name of [text, `${text}x`, `x${text}x`, `${text}/${text}x`]) {
        expect(fileNames("{n}").of({ n: 1, url: "", name }, TARGET, undefined)).not.toBe("");
        const target = new URL(`http://example.org/${encodeURI(name).slice(0, 100_000)}`);
        expect(fileNames("{path}/{basename}-{stem}{ext}").of({ n: 1, url: "" }, target, text)).not.toBe("");
        isSafePath(name);
      }
    }
  });

  it("is never an own file of the run, in upper or lower case", () => {
    fc.assert(
      fc.property(aFile, (file) => {
        for (const part of file.split("/"))
          expect(part).not.toMatch(/^(results\.jsonl|failed\.txt|\.bulkget\.lock|.*\.part)$/i);
      }),
      { numRuns: 1000 },
    );
  });
});

it("whatever the names are, a sink writes only inside its folder, and each body under its own name", () => {
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

it("every file name that a template or a list makes is a safe path", () => {
  fc.assert(
    fc.property(aFile, (file) => {
      expect(isSafePath(file)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

describe("a template", () => {
  const of = (template: string, target = TARGET, type?: string) =>
    fileNames(template).of({ n: 42, url: "" }, target, type);

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
    ["http://example.org/a.tar.gz", "a.tar.gz"],
    ["http://example.org/photo.JPG?size=2", "photo.JPG"],
    ["http://example.org/page.php", "page.php"],
    ["http://example.org/v1.2", "v1.2"],
    ["http://example.org/.htaccess", "_htaccess"],
    ["http://example.org/%2ehtaccess", "_htaccess"],
    ["http://example.org/a%20b.html", "a b.html"],
    ["http://example.org/%e6%97%a5%E6%9C%AC.html", "日本.html"],
    ["http://example.org/über.html", "über.html"],
    ["http://example.org/%F0%9F%98%80", "😀"],
    // Separators, invisible characters, NUL and invalid UTF-8 stay percent-encoded.
    ["http://example.org/a%2Fb%5Cc%3Ad.html", "a%2Fb%5Cc%3Ad.html"],
    ["http://example.org/..%2f..%2fetc", "_%2f..%2fetc"],
    ["http://example.org/a%00b%0Ac%7Fd", "a%00b%0Ac%7Fd"],
    ["http://example.org/a%E2%80%AEgpj.exe", "a%E2%80%AEgpj.exe"],
    ["http://example.org/%E9t%E9%C3%A9.txt", "%E9t%E9é.txt"],
    ["http://example.org/%C0%AF%ED%A0%80%EF%BF%BD%F4%90%80%80", "%C0%AF%ED%A0%80%EF%BF%BD%F4%90%80%80"],
    ["http://example.org/100%25%2541%zz%", "100%25%2541%zz%"],
    [`http://example.org/${"x".repeat(500)}.html`, `${"x".repeat(245)}.html`],
    [`http://example.org/${"x".repeat(500)}.tar.gz`, `${"x".repeat(243)}.tar.gz`],
    [`http://example.org/${"x".repeat(500)}.unknown`, `${"x".repeat(242)}.unknown`],
    [`http://example.org/a.${"x".repeat(500)}`, `a.${"x".repeat(248)}`],
    [`http://example.org/${"日".repeat(100)}.html`, `${"日".repeat(81)}.html`],
    [`http://example.org/${"😀".repeat(100)}`, "😀".repeat(62)],
    [`http://example.org/${"%E9".repeat(100)}`, "%E9".repeat(83)],
    [`http://example.org/${"e\u0301".repeat(100)}`, "e\u0301".repeat(83)],
    [`http://example.org/${"👍🏽".repeat(100)}`, "👍🏽".repeat(31)],
  ])("expands {basename} of %s", (url, basename) => {
    expect(of("{basename}", new URL(url))).toBe(basename);
  });

  it.each([
    ["{stem}", "https://example.org/a/b.jpg", "b"],
    ["{stem}", "https://example.org/a.tar.gz", "a"],
    ["{stem}", "https://example.org/v1.2", "v1.2"],
    ["{stem}", "https://example.org/%C3%A9.html", "é"],
    ["{stem}{ext}", "https://example.org/a.JPEG", "a.jpeg"],
    // Beside {ext}, {basename} has no extension.
    ["{basename}{ext}", "https://example.org/a.jpg", "a.jpg"],
    ["{basename}{ext}", "https://example.org/a.JPG", "a.jpg"],
    ["{basename}{ext}", "https://example.org/a", "a.png"],
    ["{basename}{ext}", "https://example.org/a.php", "a.png"],
    ["{basename}-{n}{ext}", "https://example.org/a.jpg", "a-42.jpg"],
    ["{n}-{basename}", "https://example.org/a.jpg", "42-a.jpg"],
    ["{basename}/{n}{ext}", "https://example.org/a.jpg", "a.jpg/42.jpg"],
    ["{host}/{basename}", "https://example.org/a.jpg", "example.org/a.jpg"],
    ["{host}/{path}/{basename}", "https://example.org/a/b/c.html", "example.org/a/b/c.html"],
    ["{host}/{path}/{basename}", "https://example.org/", "example.org/index"],
    ["{host}/{path}/{n}", "https://example.org//a//b/", "example.org/a/b/42"],
    ["{path}/{stem}", "https://example.org/%7Eme/%C3%A9t%C3%A9/.git/c.html", "~me/été/_git/c"],
    ["{path}/{n}", "https://example.org/..%2f..%2fetc/%2e%2e%5c/c", "_%2f..%2fetc/_%5c/42"],
    ["{path}-{n}", "https://example.org/a/b/c", "a/b-42"],
    ["{path}/{n}", `https://example.org/${"日".repeat(300)}/x`, `${"日".repeat(83)}/42`],
    ["{host}-{basename}-{n}", `https://example.org/${"x".repeat(300)}.html`, `example.org-${"x".repeat(230)}.html-42`],
    ["{stem}-{stem}{ext}", `https://example.org/${"x".repeat(300)}.html`, `${"x".repeat(122)}-${"x".repeat(122)}.html`],
  ])("%s of %s is %s", (template, url, file) => {
    expect(of(template, new URL(url), "image/png")).toBe(file);
  });

  it("shortens a host that is longer than a name may be", () => {
    const host = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;
    const file = of("{host}-{n}", new URL(`http://${host}:8080/`));
    expect(file).toBe(`${`${host}_8080`.slice(0, 247)}-42`);
  });

  it("takes {ext} from the Content-Type where the path has none", () => {
    expect(of("{n:6}{ext}", new URL("http://example.org/x"), "image/png; q=1")).toBe("000042.png");
  });

  it.each(["http://[::1]:8080/", "http://[2001:db8::1]/"])("expands {host} of %s to a valid folder name", (url) => {
    expect(of("{host}/{n}", new URL(url))).toMatch(/^[0-9a-z_]+\/42$/);
  });

  it.each([
    ["", "every file would have the same name"],
    ["page.html", "every file would have the same name"],
    ["{ext}", "every file would have the same name"],
    ["{n}{nn}", "no field {nn} (there are {n}, {n:6}, {ext}, {host}, {path}, {basename}, {stem})"],
    ["{n}{n:x}", "no field {n:x}"],
    ["{n}{}", "no field {}"],
    ["{constructor}", "no field {constructor}"],
  ])("%j is refused, with valid alternatives", (template, message) => {
    expect(() => fileNames(template)).toThrow(OptionError);
    expect(() => fileNames(template)).toThrow(`name: "${template}": ${message}`);
  });

  it.each([
    "{n:6}{ext}",
    "{n}{n:2}",
    "{host}/{n}{ext}",
    "{n}-{basename}",
    "{basename}-{n}{ext}",
    "{basename}{n}",
    "{n:1}{basename}",
  ])("%s makes different names for different numbers if it is `unique`", (template) => {
    const naming = fileNames(template);
    const numbers = new Map<string, number>();
    for (const path of ["", "1", "11", "a", "a1", "1a", "1-1", "-1.gz"]) {
      for (let n = 1; n < 200; n++) {
        const file = naming.of({ n, url: "" }, new URL(`http://example.org/${path}`), undefined);
        if (naming.unique) expect(`${numbers.get(file) ?? n} is ${file}`).toBe(`${n} is ${file}`);
        numbers.set(file, n);
      }
    }
  });

  it("is `unique` by default, and not without a number", () => {
    expect([fileNames("{n:6}{ext}").unique, fileNames("{host}/{basename}").unique]).toEqual([true, false]);
  });
});

describe("a name from the list", () => {
  const of = (name: string) => fileNames("{n:6}{ext}").of({ n: 42, url: "", name }, TARGET, "text/html");

  it.each([
    ["a b.html", "a b.html"],
    ["sub/a.html", "sub/a.html"],
    ["über 日本.txt", "über 日本.txt"],
    ["../../etc/passwd", "_/_/etc/passwd"],
    ["/etc/passwd", "etc/passwd"],
    ["C:\\x", "C__x"],
    ["results.jsonl", "_results.jsonl"],
    ["Runs.jsonl", "_Runs.jsonl"],
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
  ])("%j becomes %j", (name, file) => {
    expect(of(name)).toBe(file);
  });

  it("of digits only is the line's number, which the template expands", () => {
    expect(of("000042")).toBe("000042.html");
  });
});
