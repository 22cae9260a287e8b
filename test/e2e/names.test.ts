// Whoever chooses a name, a list, a server or who edits the journal: nothing leaves the folder, and nobody's file is touched.

import { spawnSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/core/job.ts";
import { bulkgetCommand, type Ran } from "../support/command.ts";
import { ownFolder, ownSite } from "../support/own.ts";
import { body, journalOf, pageOf, status } from "../support/site.ts";
import { look, namesBelow, type Victims, victims } from "../support/victims.ts";

const server = ownSite();
const folder = ownFolder();
let around: Victims;
beforeEach(() => {
  around = victims(folder.path);
});

const out = (...more: string[]) => join(around.cwd, "downloads", ...more);

/** Runs a list in which each line is a path, a name behind a TAB or not; nothing around the folder may change. */
async function run(lines: readonly string[], ...args: string[]): Promise<Ran> {
  writeFileSync(join(around.cwd, "urls.txt"), lines.map((line) => `${server.url(line)}\n`).join(""));
  return runAgain("urls.txt", ...args);
}

async function runAgain(...args: string[]): Promise<Ran> {
  const before = around.snapshot();
  const ran = await bulkgetCommand(args, { cwd: around.cwd });
  expect(around.snapshot()).toEqual(before);
  expect([0, 1], ran.stderr).toContain(ran.code);
  return ran;
}

/** Runs it whatever comes of it; nothing around the folder may change. `lines` go to standard input. */
async function tried(args: readonly string[], lines: readonly string[] = []): Promise<Ran> {
  const before = around.snapshot();
  const stdin = lines.map((line) => `${server.url(line)}\n`).join("");
  const ran = await bulkgetCommand(args, { cwd: around.cwd, stdin });
  expect(around.snapshot()).toEqual(before);
  return ran;
}

/** What somebody puts into the folder, at a path of it; false where only root may. */
const PLANTS: Readonly<Record<string, (path: string) => boolean>> = {
  "a link to a file": (path) => planted(() => symlinkSync(around.file, path)),
  "a link to a folder": (path) => planted(() => symlinkSync(around.path, path)),
  "a link to nowhere": (path) => planted(() => symlinkSync(join(around.cwd, "nowhere"), path)),
  "a link to itself": (path) => planted(() => symlinkSync(path, path)),
  "a pipe": (path) => spawnSync("mkfifo", [path]).status === 0,
  "a device": (path) => spawnSync("mknod", [path, "c", "1", "5"]).status === 0, // /dev/zero, which has no end
  "a folder": (path) => planted(() => mkdirSync(path)),
  "a file with a second name": (path) => planted(() => linkSync(around.file, path)),
};
const PLANTED = Object.keys(PLANTS);

function planted(plant: () => void): true {
  plant();
  return true;
}

/** Plants it; false, and said, where that cannot be. */
function plant(what: string, ...path: readonly string[]): boolean {
  if (PLANTS[what]?.(out(...path)) === true) return true;
  console.warn(`SKIPPED: ${what} cannot be made here`);
  return false;
}

/** Each record's line has its own body in a file of its own, and nothing else is there. Gives the records by number. */
function wellKept(also: readonly string[] = []): Outcome[] {
  const records = journalOf(out());
  expect(new Set(records.map(({ n }) => n)).size).toBe(records.length);
  const files: string[] = [];
  for (const { url, outcome, file = "" } of records) {
    if (outcome === "failed") continue;
    files.push(file);
    expect(lstatSync(out(file)).isFile(), file).toBe(true);
    const { pathname, search } = new URL(url);
    const own = readFileSync(out(file)).equals(pageOf(pathname + search));
    expect(`${file} is ${own ? "the line's" : "another's"}`).toBe(`${file} is the line's`);
  }
  const reports = ["results.jsonl", ...(records.some(({ outcome }) => outcome === "failed") ? ["failed.txt"] : [])];
  const left = namesBelow(out()).filter((name) => !lstatSync(out(name)).isDirectory());
  expect(left).toEqual([...files, ...reports, ...also].sort());
  return records;
}

const errorsIn = (records: readonly Outcome[]) =>
  records.map((one) => (one.outcome === "failed" ? one.error : one.outcome));

/** Names that want out, over something else, or to be what they are not. */
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

describe("a name in the list's second column", () => {
  const lines = [...NAMES, ...TOO_LONG].map((name, i) => `/${i + 1}\t${name}`);

  it("stays in the folder, and is nobody else's: not the journal's, the lock's, another line's, or a device's", async () => {
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
    // By then there are folders called so, for what came before.
    const taken = NAMES.filter((_, i) => errors[i] !== "saved");
    expect([taken, errors.filter((error) => error === "file_exists")]).toEqual([
      ["..", ".", ".bulkget"],
      ["file_exists", "file_exists", "file_exists"],
    ]);
  });

  it("fed back from failed.txt is the same name, and no more able to leave", async () => {
    for (const i of lines.keys()) server.answers.set(`/${i + 1}`, status(500));
    expect((await run(lines, "--retries", "0")).code).toBe(1);
    expect(wellKept().filter(({ outcome }) => outcome === "saved")).toEqual([]);
    server.answers.clear();
    expect((await runAgain("downloads/failed.txt")).code).toBe(1);
    expect(wellKept().map(({ n, name }) => [n, name])).toEqual([...NAMES, ...TOO_LONG].map((name, i) => [i + 1, name]));
  });

  it("that another line has is a failure that is said, and the first keeps its file", async () => {
    const { code, stderr } = await run(["/1\tsame", "/2\tsame", "/3\tsame/below", "/4\tdir/x", "/5\tdir"], "-c", "1");
    expect(code).toBe(1);
    expect(errorsIn(wellKept())).toEqual(["saved", "file_exists", "file_exists", "saved", "file_exists"]);
    expect(stderr).toContain("urls.txt:2: file_exists: same is there already, and not this line's: ");
    expect(stderr).toContain("urls.txt:3: file_exists: same is there already, and no folder: ");
    expect((await runAgain("urls.txt", "--retry-failed")).code).toBe(1);
    expect(errorsIn(wellKept())).toEqual(["saved", "file_exists", "file_exists", "saved", "file_exists"]);
  });

  it("is another one in another case or another form of its letters, where the file system says so", async () => {
    mkdirSync(out());
    writeFileSync(out("probe"), "");
    const isOne = existsSync(out("PROBE"));
    await run(["/1\tName", "/2\tname", "/3\t\u00e9", "/4\te\u0301"], "-c", "1");
    if (isOne) expect(errorsIn(wellKept(["probe"]))[1]).toBe("file_exists");
    else expect(errorsIn(wellKept(["probe"]))).toEqual(["saved", "saved", "saved", "saved"]);
  });
});

describe("a name made of a URL", () => {
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
  ])("by --name %s stays in the folder", async (template) => {
    const varies = /\{(n|host|basename)/.test(template);
    if (!varies) {
      const { code } = await bulkgetCommand(["-", "--name", template], { cwd: around.cwd });
      return expect([code, existsSync(out())]).toEqual([2, false]);
    }
    await run(PATHS, "--name", template, "-c", "1");
    const records = wellKept();
    expect(records).toHaveLength(PATHS.length);
    expect(errorsIn(records).filter((error) => !["saved", "file_exists"].includes(error))).toEqual([]);
    if (template.includes("{n")) expect(errorsIn(records)).toEqual(PATHS.map(() => "saved"));
  });

  it("has no extension but a known one, whatever the path and the Content-Type are", async () => {
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
    const plain = [2]; // a blank or TAB around a media type is none of it
    const extensions = [
      ...types.map((_, i) => (plain.includes(i) ? ".txt" : "")),
      ...[".txt", ".txt", ".txt", ".html", ".tar.gz", ".txt", ".c"],
    ];
    expect(wellKept().map(({ file }) => file)).toEqual(
      extensions.map((extension, i) => `${String(i + 1).padStart(6, "0")}${extension}`),
    );
  });
});

describe.each(PLANTED)("%s that was planted", (what) => {
  const LINES = ["/1", "/2\tsub/x", "/3"];
  const isFolder = what === "a folder";
  const isFile = what === "a file with a second name";

  it("where a file is to be is left alone, and the line fails, in a fresh run and in a later one", async () => {
    mkdirSync(out());
    if (!plant(what, "000001.txt")) return;
    const before = look(out("000001.txt"));
    for (const more of [[], ["-u", "--retry-failed"]]) {
      expect((await run(LINES, ...more)).code).toBe(1);
      const errors = errorsIn(wellKept(isFolder ? [] : ["000001.txt"]));
      expect(errors).toEqual(["file_exists", "saved", "saved"]);
      expect(look(out("000001.txt"))).toBe(before);
    }
  });

  it("where a saved file was is left alone, whichever way the run goes on", async () => {
    await run(LINES);
    for (const more of [[], ["-u", "--retry-failed"]]) {
      rmSync(out("000001.txt"), { force: true, recursive: true });
      if (!plant(what, "000001.txt")) return;
      const before = look(out("000001.txt"));
      // A file has the name that is the line's own: it gives way to the line's, and what it was besides is as it was.
      expect((await run(LINES, ...more)).code).toBe(isFile ? 0 : 1);
      if (isFile) expect(errorsIn(wellKept())).not.toContain("file_exists");
      else expect(look(out("000001.txt"))).toBe(before);
    }
  });

  it("where a folder for files is to be, or was, is not gone through", async () => {
    mkdirSync(out());
    if (!plant(what, "sub")) return;
    const also = isFolder ? [] : ["sub"];
    expect((await run(LINES)).code).toBe(isFolder ? 0 : 1);
    expect(errorsIn(wellKept(also))).toEqual(["saved", isFolder ? "saved" : "file_exists", "saved"]);
    rmSync(out(), { recursive: true });
    await run(LINES);
    rmSync(out("sub"), { recursive: true });
    plant(what, "sub");
    const moved = ["/new", "/1", "/2\tsub/x", "/3"];
    for (const [lines, ...more] of [[LINES, "-u"], [moved], [LINES, "--force"]] as const) {
      expect((await run(lines, ...more)).code).toBe(isFolder ? 0 : 1);
      expect(errorsIn(wellKept(also)).includes("file_exists")).toBe(!isFolder);
    }
  });

  it("in place of the journal stops the run before it begins, with --force too", async () => {
    await run(LINES);
    unlinkSync(out("results.jsonl"));
    if (!plant(what, "results.jsonl")) return;
    const { code, stderr } = await tried(["urls.txt"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/results\.jsonl: (is|has) .*another folder/),
    });
    // A second name is removed as a journal is; what it was besides is as it was.
    const forced = await tried(["urls.txt", "--force", "--name", "again/{n}"]);
    expect(forced.code, forced.stderr).toBe(isFile ? 0 : 3);
  });

  it("in place of the list of failures, or where that and the journal are written, is not written through", async () => {
    server.answers.set("/1", status(404));
    mkdirSync(out());
    for (const more of [[], ["--retry-failed"]]) {
      for (const name of ["failed.txt", "failed.txt.part", "results.jsonl.part"]) {
        rmSync(out(name), { force: true, recursive: true });
        if (!plant(what, name)) return;
      }
      const { code, stderr } = await tried(["-", ...more], LINES);
      if (isFolder)
        expect([code, stderr]).toEqual([3, expect.stringMatching(/cannot be written any more: .*failed\.txt/)]);
      else {
        expect(code, stderr).toBe(1);
        expect(errorsIn(wellKept(more.length === 0 ? ["results.jsonl.part"] : []))).toEqual([
          "http_status",
          "saved",
          "saved",
        ]);
      }
    }
  });

  it("in place of what a run keeps for itself is not written through", async () => {
    const parts = ["1.part", "1-1.part", "1.note", "2.part"];
    // A folder in place of a file that has to be there can only be said.
    for (const [names, wanted] of isFolder
      ? ([
          [["lock"], 3],
          [["since"], 3],
          [["now"], 3],
        ] as const)
      : ([[["lock", "since", "since.next", "now", ...parts], 0]] as const)) {
      mkdirSync(out(".bulkget"), { recursive: true });
      for (const name of names) if (!plant(what, ".bulkget", name)) return;
      const { code, stderr } = await tried(["-"], LINES);
      expect([code, stderr]).toEqual([
        wanted,
        expect.stringContaining(wanted === 0 ? "saved   3" : "cannot be used: "),
      ]);
      // What is a file there is a mark of times, such as it is, and stays to be one.
      if (wanted === 0)
        expect(errorsIn(wellKept(isFile ? [".bulkget/since"] : []))).toEqual(["saved", "saved", "saved"]);
      rmSync(out(), { recursive: true });
    }
  });

  it("in place of the folder that a run keeps for itself stops it", async () => {
    mkdirSync(out());
    if (isFolder || !plant(what, ".bulkget")) return;
    const { code, stderr } = await tried(["-"], LINES);
    expect([2, 3], stderr).toContain(code);
    expect(stderr).toContain("downloads: the output folder cannot be made: ");
    expect(namesBelow(out())).toEqual([".bulkget"]);
  });
});

it("a kept part that is also somebody else's file is not written to", async () => {
  const whole = Buffer.alloc(3_000_000, "0123456789");
  server.answers.set("/big", (request, response) => {
    const from = Number(/^bytes=([0-9]+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers = { etag: '"v1"', "content-range": `bytes ${from}-${whole.length - 1}/${whole.length}` };
    response.writeHead(from > 0 ? 206 : 200, headers).end(whole.subarray(from));
  });
  writeFileSync(around.file, whole.subarray(0, 2_000_000));
  mkdirSync(out(".bulkget"), { recursive: true });
  const note = { job: server.url("/big"), url: server.url("/big"), validator: '"v1"', wholeBytes: whole.length };
  writeFileSync(out(".bulkget/1.note"), JSON.stringify(note));
  for (const plantPart of [
    () => linkSync(around.file, out(".bulkget/1.part")),
    () => symlinkSync(around.file, out(".bulkget/1.part")),
  ]) {
    plantPart();
    expect((await tried(["-", "--force"], ["/big"])).code).toBe(0);
    expect(readFileSync(out("000001")).equals(whole)).toBe(true);
    mkdirSync(out(".bulkget"), { recursive: true });
    writeFileSync(out(".bulkget/1.note"), JSON.stringify(note));
    rmSync(out("000001"));
    plantPart();
    expect((await tried(["-"], ["/big"])).code).toBe(0);
    expect(readFileSync(out("000001")).equals(whole)).toBe(true);
    rmSync(out(".bulkget"), { recursive: true, force: true });
    mkdirSync(out(".bulkget"));
  }
});

describe("a journal that somebody edited", () => {
  /** What a record may say that its file is: each line gets one of them. */
  const hostileFiles = () => [
    "../victims/x",
    "../../../x",
    "sub/../../victims/x",
    "./../victims/victim.txt",
    around.file,
    "results.jsonl",
    "./results.jsonl",
    "RESULTS.jsonl",
    "failed.txt",
    ".bulkget/lock",
    ".bulkget/since",
    ".bulkget",
    "sub/..",
    "sub",
    "",
    ".",
    "..\\victims\\x",
    "linked/x",
    "../downloads/mine.txt",
    "x\0",
    "000101.txt",
  ];
  const honest = ["/101\t000101", "/102\tsub/x"];

  /** A run whose records then name those files, with the length that these have or another one; the lines' own are gone. */
  async function tampered(fitting: boolean): Promise<readonly string[]> {
    const files = hostileFiles();
    const lines = [...files.map((_, i) => `/${i + 1}`), ...honest];
    rmSync(out(), { recursive: true, force: true });
    await run(lines);
    for (const n of files.keys()) unlinkSync(out(`${String(n + 1).padStart(6, "0")}.txt`));
    symlinkSync(around.path, out("linked"));
    writeFileSync(out("mine.txt"), "mine");
    const edited = journalOf(out()).map((record, i) => {
      const file = files[i];
      if (file === undefined) return record;
      const there = fitting && i !== files.length - 1 ? sizeOf(file) : undefined;
      return { ...record, file, bytes: there ?? 5 };
    });
    writeFileSync(out("results.jsonl"), edited.map((record) => `${JSON.stringify(record)}\n`).join(""));
    return lines;
  }

  function sizeOf(file: string): number | undefined {
    if (file.includes("\0")) return undefined;
    return lstatSync(file.startsWith("/") ? file : out(file), { throwIfNoEntry: false })?.size;
  }

  it.each([true, false])(
    "is not believed about files that cannot be a run's, whichever way it goes on (%s)",
    async (fitting) => {
      const ways: (readonly [(lines: readonly string[]) => readonly string[], ...string[]])[] = [
        [(lines) => lines],
        [(lines) => lines, "-u"],
        [(lines) => lines, "--force"],
        [(lines) => lines, "-u", "--name", "other/{n}{ext}"],
        [(lines) => ["/new", ...lines]],
        [(lines) => [...lines.slice(0, -2).reverse(), ...lines.slice(-2)]],
        [(lines) => lines.map((line, i) => (i < lines.length - 2 ? `${line}-changed` : line))],
      ];
      for (const [change, ...more] of ways) {
        const lines = change(await tampered(fitting));
        const { code, stderr } = await run(lines, ...more);
        expect(code, stderr).toBe(0);
        const records = wellKept(["linked", "mine.txt"]);
        expect(records.filter(({ outcome }) => outcome === "failed")).toEqual([]);
        expect(new Set(records.map(({ url }) => url))).toEqual(
          new Set(lines.map((line) => server.url(line.split("\t")[0] ?? ""))),
        );
        expect(existsSync(out(".bulkget/lock"))).toBe(false);
      }
    },
  );

  it("or left by a run that was killed while it moved files, does not cost a line its file", async () => {
    await run(["/1\tx", "/2"]);
    const [one] = journalOf(out());
    if (one === undefined || one.outcome !== "saved") return expect.unreachable();
    // Line 1 has become line 2, its record is there, and the file has the same name; then came the kill.
    const left = {
      ...one,
      outcome: "failed",
      error: "write_failed",
      detail: "being moved within the list",
      retryable: true,
    };
    const records = [left, { ...one, n: 2 }];
    writeFileSync(out("results.jsonl"), records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    rmSync(out("000002.txt"));
    expect((await run(["/new", "/1\tx"])).code).toBe(0);
    expect(wellKept().map(({ n, file }) => [n, file])).toEqual([
      [1, "000001.txt"],
      [2, "x"],
    ]);
  });

  it("gives nothing to requests and to the list of failures that would be more than one line there", async () => {
    const lines = ["/1", "/2", "/3"];
    server.answers.set("/3", status(404));
    await run(lines);
    const evil = {
      etag: '"a"\r\nX-Evil: 1',
      last_modified: "now\r\nX-Evil: 1",
      final_url: 42,
      expected_sha256: "x\nhttp://evil.example/\t000009",
      name: "a\nhttp://evil.example/",
    };
    const edited = journalOf(out()).map((record) => ({ ...record, ...evil }));
    writeFileSync(out("results.jsonl"), edited.map((record) => `${JSON.stringify(record)}\n`).join(""));
    const headers: string[] = [];
    for (const path of lines) {
      server.answers.set(path, (request, response) => {
        headers.push(...Object.keys(request.headers));
        if (path === "/3") response.writeHead(404).end();
        else response.setHeader("content-type", "text/plain").end(pageOf(path));
      });
    }
    for (const more of [[], ["-u"]]) {
      const { code, stderr } = await run(lines, ...more);
      expect(code, stderr).toBe(1);
      expect(readFileSync(out("failed.txt"), "utf8").split("\n")).toHaveLength(2);
    }
    expect(headers.filter((header) => /evil|if-/.test(header))).toEqual([]);
  });
});

it("an output folder that is itself a link is the user's own choice", async () => {
  mkdirSync(join(around.cwd, "downloads"));
  symlinkSync("downloads", join(around.cwd, "linked"));
  expect((await run(["/1", "/2\tsub/x"], "-o", "linked")).code).toBe(0);
  expect(wellKept().map(({ file }) => file)).toEqual(["000001.txt", "sub/x"]);
});
