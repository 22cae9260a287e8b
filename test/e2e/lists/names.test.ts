// File names from lists and servers never lead out of the folder, and never overwrite a file of somebody else.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fileNames } from "../../../src/sink/names/file-names.ts";
import { errorsIn, surrounded } from "../../support/folders/surrounded.ts";
import { bulkgetInProcess } from "../../support/in-process.ts";
import { body, pageOf, status } from "../../support/site.ts";

const { server, around, out, run, runAgain, wellKept } = surrounded();

/** Names that try to leave the folder, to overwrite files, or to look like other names. */
const NAMES = [
  "../../../x",
  "..",
  ".",
  "/etc/bulkget-test",
  "//x",
  "a/../../../x",
  "..\\..\\x",
  "....//....//x",
  "results.jsonl",
  "RESULTS.JSONL",
  "re\u017fults.jsonl",
  "failed.txt",
  "failed.txt.part",
  "results.jsonl.part",
  ".bulkget/lock",
  ".bulkget",
  "./.bulkget/since",
  ".bulkget/1.part",
  "CON",
  "NUL.txt",
  "com\u00b9.txt",
  "aux .txt",
  "trailing. . .",
  "C:\\x",
  "x:stream",
  "~/x",
  "-rf",
  "bell\u0007\u001b[2Jesc",
  "c1\u009b31m",
  "gpj\u202etxt.exe",
  "a\u2066b\u2069",
  "zero\u200bwidth\u2060\u00ad",
  "line\u2028para\u2029end",
  "tag\u{e0041}",
  "%2e%2e%2f%2e%2e%2fx",
  "\u00e9-nfc",
  "e\u0301-nfc",
  "x".repeat(250),
  "\u65e5".repeat(83),
  "\u{1f600}".repeat(62),
];

const TOO_LONG = ["x".repeat(251), "\u65e5".repeat(84), "\u{1f600}".repeat(63), `${"d/".repeat(2047)}x`];

describe("a file name in the list's second column", () => {
  const lines = [...NAMES, ...TOO_LONG].map((name, i) => `/${i + 1}\t${name}`);

  it("stays in the folder, and never is the name of the journal, the lock, another line's file or a device", async () => {
    let lock = "";
    server.answers.set("/last", (request, response) => {
      lock = readFileSync(out(".bulkget/lock"), "utf8");
      body(pageOf(request.url ?? ""))(request, response);
    });
    expect((await run([...lines, "/last"], "-c", "1")).code).toBe(1);
    const records = wellKept();
    expect(records).toHaveLength(lines.length + 1);
    expect(JSON.parse(lock)).toMatchObject({ pid: expect.any(Number) });
    for (const [i, { n, outcome, file = "" }] of records.entries()) {
      expect([n, outcome]).toEqual([i + 1, outcome === "failed" ? "failed" : "saved"]);
      expect(file).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\:]|(^|\/)[. ]|[. ](\/|$)/u);
    }
    const errors = errorsIn(records);
    const tooLong = errors.slice(NAMES.length, -1);
    expect(tooLong).toEqual(TOO_LONG.map(() => "name_too_long"));
    // Folders with these names exist by then, for earlier lines.
    const taken = NAMES.filter((_, i) => errors[i] !== "saved");
    expect([taken, errors.filter((error) => error === "file_exists")]).toEqual([
      ["..", ".", ".bulkget"],
      ["file_exists", "file_exists", "file_exists"],
    ]);
  });

  it("is unchanged in failed.txt, and stays in the folder when failed.txt is run", async () => {
    for (const i of lines.keys()) server.answers.set(`/${i + 1}`, status(500));
    expect((await run(lines, "--retries", "0")).code).toBe(1);
    expect(wellKept().filter(({ outcome }) => outcome === "saved")).toEqual([]);
    server.answers.clear();
    expect((await runAgain("downloads/failed.txt")).code).toBe(1);
    const naming = fileNames("{n:6}{ext}");
    const fileOf = (name: string, i: number) =>
      naming.of({ n: i + 1, url: "", name }, new URL(server.url("/x")), "text/plain");
    const records = wellKept();
    // Lines that end up with one name, such as `.` and `..`, are comments in failed.txt.
    expect(records.length).toBeGreaterThan(lines.length - 10);
    for (const { n, name = "" } of records) {
      expect(fileOf(name, n - 1)).toBe(fileOf([...NAMES, ...TOO_LONG][n - 1] ?? "", n - 1));
    }
  });

  it("that another line has fails with file_exists, and the first line keeps its file", async () => {
    const { code, stderr } = await run(["/1\tsame", "/2\tsame", "/3\tsame/below", "/4\tdir/x", "/5\tdir"], "-c", "1");
    expect(code).toBe(1);
    expect(errorsIn(wellKept())).toEqual(["saved", "file_exists", "file_exists", "saved", "file_exists"]);
    expect(stderr).toContain("urls.txt:2: the file name is taken (same is the name of line 1 as well): ");
    expect(stderr).toContain("urls.txt:3: the file name is taken (same is there already, and no folder");
    expect((await runAgain("urls.txt", "--retry-failed")).code).toBe(1);
    expect(errorsIn(wellKept())).toEqual(["saved", "file_exists", "file_exists", "saved", "file_exists"]);
  });

  it("in another letter case or Unicode form is a different name where the file system distinguishes it", async () => {
    mkdirSync(out());
    writeFileSync(out("probe"), "");
    const isOne = existsSync(out("PROBE"));
    await run(["/1\tName", "/2\tname", "/3\t\u00e9", "/4\te\u0301"], "-c", "1");
    if (isOne) expect(errorsIn(wellKept(["probe"]))[1]).toBe("file_exists");
    else expect(errorsIn(wellKept(["probe"]))).toEqual(["saved", "saved", "saved", "saved"]);
  });
});

describe("a file name made from a URL", () => {
  const PATHS = [
    "/%2e%2e/%2e%2e/x",
    "/..%2f..%2f..%2fx",
    "/%2fetc%2fpasswd",
    "/a\\..\\..\\x",
    "/%00",
    "/a%0d%0ab",
    "/%1b%5b2J",
    "/results.jsonl",
    "/failed.txt",
    "/.bulkget",
    "/CON",
    "/nul.html",
    "/trailing.",
    "/trailing%20",
    "/x.part",
    "/~root",
    "/$(id)`id`;|&",
    `/${"y".repeat(3000)}`,
    "/x.tar.gz.",
    "/x.html/",
    "/x?../../../y.html",
    "/x#/../../y",
    "/a.constructor",
    "/.html",
  ];

  it.each([
    "{host}/{basename}{ext}",
    "{basename}",
    "{n}-{basename}{ext}",
    "../../{n}{ext}",
    "/tmp/{n}{ext}",
    "..",
    "{n}/../..",
    ".{n}",
    "results.jsonl/{n}",
    ".bulkget/{n}.part",
  ])("by --name %s stays in the folder, or the template is refused", async (template) => {
    const varies = /\{(n|host|basename)/.test(template);
    if (!varies) {
      const { code } = await bulkgetInProcess(["-", "--name", template], { cwd: around().cwd });
      return expect([code, existsSync(out())]).toEqual([2, false]);
    }
    await run(PATHS, "--name", template, "-c", "1");
    const records = wellKept();
    expect(records).toHaveLength(PATHS.length);
    expect(errorsIn(records).filter((error) => !["saved", "file_exists"].includes(error))).toEqual([]);
    if (template.includes("{n")) expect(errorsIn(records)).toEqual(PATHS.map(() => "saved"));
  });

  it("has only known extensions, whatever the path and the Content-Type are", async () => {
    const types = [
      "text/html/../../../x",
      "../../x",
      "text/plain\t; charset=../../x",
      "constructor",
      "__proto__",
      "image/png\u00ff",
      `text/${"x".repeat(5000)}`,
      ".html",
      "/",
    ];
    const paths = ["/x.p/hp", "/x.%2fhtml", "/x.html%00", "/x.HTML", "/x.tar.GZ", "/x.ht%6dl", "/a.b.c"];
    const lines = [...types.map((_, i) => `/type-${i}`), ...paths];
    for (const [i, type] of types.entries()) {
      server.answers.set(`/type-${i}`, body(pageOf(`/type-${i}`), { "content-type": type }));
    }
    expect((await run(lines)).code).toBe(0);
    const plain = [2]; // whitespace around a media type is not part of it
    const extensions = [
      ...types.map((_, i) => (plain.includes(i) ? ".txt" : "")),
      ...[".txt", ".txt", ".txt", ".html", ".tar.gz", ".txt", ".c"],
    ];
    expect(wellKept().map(({ file }) => file)).toEqual(
      extensions.map((extension, i) => `${String(i + 1).padStart(6, "0")}${extension}`),
    );
  });
});
