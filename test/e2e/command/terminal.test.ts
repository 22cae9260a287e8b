// Control sequences from lists and servers are shown as text in a real terminal, in logs and in records.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../../src/core/job.ts";
import { fitted } from "../../../src/report/progress/fit.ts";
import { outcomeLine, placeOf } from "../../../src/report/progress/outcome-line.ts";
import type { Ran } from "../../support/command.ts";
import { ownFolder } from "../../support/own.ts";
import { inTerminal, TMUX } from "../../support/process/terminal.ts";
import { type Listening, listen } from "../../support/rude/listen.ts";

/** Sequences that terminals interpret in any encoding, and deceptive characters; as bytes in Latin-1. */
const SEQUENCES: readonly string[] = [
  ...Array.from({ length: 33 }, (_, i) => `c0 ${String.fromCharCode(i === 32 ? 0x7f : i)}.`),
  ...Array.from({ length: 32 }, (_, i) => `c1 ${String.fromCharCode(0x80 + i)}.`),
  ...Array.from({ length: 32 }, (_, i) => `c1 utf8 ${utf8(String.fromCharCode(0x80 + i))}.`),
  "\x1b[31mred\x1b[0m",
  "\x1b[2J\x1b[H\x1b[1;1Howned",
  "\x1b[10A\x1b[2Kup",
  "\x1b[?1049h\x1b[?25l\x1b[?1000h",
  "\x1b[6n\x1b[c\x1b[21t",
  "\x1b]0;title\x07\x1b]2;title\x1b\\",
  "\x1b]8;;http://evil.example/\x1b\\link\x1b]8;;\x1b\\",
  "\x1b]52;c;ZXZpbA==\x07",
  "\x1bP+q544e\x1b\\\x1bPtmux;\x1b\x1b]0;x\x07\x1b\\",
  "\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bkname\x1b\\",
  "\x1bc\x1b#8\x1b(0lqk\x1b(B\x0elqk\x0f",
  "\x9b31mred\x9b0m \x9d0;title\x9c \x90q\x9c",
  utf8("\u009b31mred\u009b0m \u009d0;title\u009c \u0090q\u009c"),
  utf8("\u202a\u202b\u202c\u202d\u202egpj.exe"),
  utf8("\u2066\u2067\u2068\u2069 \u200e\u200f\u061c"),
  utf8("zero\u200b\u200c\u200d\u2060\ufeffwidth\u00ad"),
  utf8("tag\u{e0001}\u{e0041}\u{e007f} \ufff9\ufffa\ufffb"),
  utf8("line\u2028para\u2029end"),
  "overlong \xc0\x8a\xc0\x9b\xe0\x80\x9b\xf0\x80\x80\x9b",
  "surrogate \xed\xa0\x80\xed\xb0\x80 beyond \xf4\x90\x80\x80 cut \xe2\x80",
  utf8("\u{1f600} \u65e5\u672c e\u0301 \u05e2\u05d1"),
  "x".repeat(3000),
  utf8("\u65e5".repeat(300)),
  utf8("\u{1f600}".repeat(300)),
  utf8(`e${"\u0301".repeat(300)}`),
];

function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Without LF and TAB, which end lines and columns of a list. */
const IN_A_LINE = SEQUENCES.filter((sequence) => !/[\n\t]/.test(sequence));

/** Without CR and LF, which end a header. */
const IN_A_HEADER = SEQUENCES.filter((sequence) => !/[\r\n]/.test(sequence));

/** Characters that a terminal interprets, or that are invisible. */
const NO_TEXT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** bulkget's own control sequences: cursor moves of the bar, three colours, and line ends. */
const OWN = /\x1b\[(?:\?25[lh]|\?7[lh]|\d*[AG]|1C|[02]?[KJ]|[0-9]+m)|\r?\n|\r/g;

/** Makes the server never answer. */
const SILENCE = "";

const folder = ownFolder();
let server: Listening;
/** Responses by path, as bytes in Latin-1. */
let answers: Map<string, string>;
beforeEach(async () => {
  answers = new Map();
  server = await listen(
    createServer((socket) => {
      socket.on("error", () => {}); // the client may close early
      let asked = "";
      socket.on("data", (chunk) => {
        asked += chunk.toString("latin1");
        const [, target = ""] = /^[A-Z]+ (\S+) HTTP\/1.1\r\n.*\r\n\r\n$/s.exec(asked) ?? [];
        if (target === "") return;
        const path = target.replace(/^http:\/\/[^/]+/, "").replace(/\?.*/s, "");
        const answer = answers.get(path);
        if (answer !== SILENCE) socket.end(answer ?? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "latin1");
      });
    }),
  );
});
afterEach(() => server.close());

const { at } = folder;
const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;

/** Writes a list with every sequence in URLs, in names, and in all parts of responses that are shown or recorded. */
function hostileList(): void {
  const lines: string[] = [];
  for (const sequence of IN_A_LINE) {
    lines.push(url(`/?${sequence}`), `${sequence}://x/`, `http://${sequence}/`, `${url("/")}\t${sequence}`);
  }
  const answered = (name: string, answer: (sequence: string) => string) => {
    for (const [i, sequence] of IN_A_HEADER.entries()) {
      answers.set(`/${name}-${i}`, answer(sequence));
      lines.push(url(`/${name}-${i}`));
    }
  };
  const end = "Connection: close\r\n\r\nbody";
  answered("reason", (sequence) => `HTTP/1.1 404 ${sequence}\r\n${end}`);
  answered("type", (sequence) => `HTTP/1.1 200 OK\r\nContent-Type: text/${sequence}\r\n${end}`);
  answered("etag", (sequence) => `HTTP/1.1 200 OK\r\nETag: "${sequence}"\r\nLast-Modified: ${sequence}\r\n${end}`);
  answered("encoding", (sequence) => `HTTP/1.1 200 OK\r\nContent-Encoding: ${sequence}\r\n${end}`);
  answered("transfer", (sequence) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${sequence}\r\n${end}`);
  answered("location", (sequence) => `HTTP/1.1 302 ${sequence}\r\nLocation: ${url("/loop")}?${sequence}\r\n${end}`);
  answered("scheme", (sequence) => `HTTP/1.1 302 Found\r\nLocation: ${sequence}:x\r\n${end}`);
  answers.set("/loop", `HTTP/1.1 302 Found\r\nLocation: ${url("/loop")}\r\n${end}`);
  answered("status", (sequence) => `HTTP/1.1 ${sequence} ${sequence}\r\n${sequence}: ${sequence}\r\n${end}`);
  writeFileSync(at("urls.txt"), lines.map((line) => `${line}\n`).join(""), "latin1");
}

const ARGS = ["urls.txt", "--retries", "0", "--compressed", "--timeout", "5s"];

/** The records; expects UTF-8, one JSON object per line, and text only. */
function records(): Outcome[] {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(at("downloads/results.jsonl")));
  const lines = text.split("\n").slice(0, -1);
  expect(lines.filter((line) => NO_TEXT.test(line))).toEqual([]);
  return lines.map((line) => JSON.parse(line) as Outcome);
}

function onlyText(text: string): void {
  expect(text.split("\n").filter((line) => NO_TEXT.test(line))).toEqual([]);
}

function unmarked(text: string): string {
  return text.replace(/\p{M}/gu, "");
}

describe.skipIf(TMUX === undefined)("a terminal", () => {
  it("without a size (0 columns) shows whole lines", async () => {
    writeFileSync(at("urls.txt"), `${url("/0")}\n${url("/none")}\n`);
    answers.set("/none", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    const size = { columns: 100, rows: 50, before: "stty cols 0" };
    const shown = await inTerminal([...ARGS, "--progress", "bar"], { cwd: folder.path, ...size });
    expect(shown.code).toBe(1);
    expect(shown.screen).toContain(`urls.txt:2: 404 Not Found: ${url("/none")}`);
  });

  it("without a size (0 columns) shows the lines of a report as for 80 columns", async () => {
    writeFileSync(at("urls.txt"), `${url("/0")}\n`);
    await folder.run(ARGS);
    const size = { columns: 100, rows: 50, before: "stty cols 0" };
    const { screen } = await inTerminal(["report", "downloads"], { cwd: folder.path, ...size });
    expect(screen.find((line) => line.startsWith("took "))).toMatch(/^took {4}.*, until .* UTC/);
  });

  it.each([
    ["bar", 2000],
    ["bar", 60],
    ["plain", 2000],
  ] as const)("with --progress %s and %i columns shows only text, one line per outcome", async (how, columns) => {
    hostileList();
    const shown = await inTerminal([...ARGS, "-v", "--progress", how], { cwd: folder.path, columns, rows: 50 });
    expect(shown.code).toBe(1);
    onlyText(Buffer.from(shown.bytes.replace(OWN, "\n"), "latin1").toString("utf8"));
    expect(shown.bytes).not.toMatch(/\x1b\[(?!\?25|\?7|\d*A|1C|1G|[02]K|0?J|0m|31m|32m)/);
    const lines = records().map((outcome) => outcomeLine(outcome, placeOf(outcome, undefined, { list: "urls.txt" })));
    const expected = lines.map((line) => fitted(line));
    const cut = lines.map((line) => fitted(line, columns));
    const outcomes = shown.screen.filter((line) => line.startsWith("urls.txt:"));
    const number = (line: string) => Number(/^urls\.txt:([0-9]+)/.exec(line)?.[1]);
    expect(outcomes.map(number)).toEqual(expected.map(number));
    for (const [i, line] of outcomes.entries()) {
      const whole = expected[i] ?? "";
      // A terminal limits the number of combining marks per letter.
      if (whole.length < columns) expect(unmarked(line)).toBe(unmarked(whole.trimEnd()));
      else expect(line.slice(0, 20)).toBe(cut[i]?.slice(0, 20));
    }
    const summary = shown.screen.slice(-40).filter((line) => /^(saved|failed|times|took) /.test(line));
    expect(summary).toHaveLength(4);
    const others = shown.screen.filter(
      (line) => !/^(urls\.txt:|opened|saved|failed|hosts|slowed|times|took|files|again| {8}[0-9])/.test(line),
    );
    // The summary is whole, however narrow the screen is.
    if (columns > 100) expect(others).toEqual([]);
  });

  it("shows the records of --report - as text", async () => {
    hostileList();
    const args = [...ARGS, "-q", "--report", "-"];
    const { bytes } = await inTerminal(args, { cwd: folder.path, columns: 200, rows: 50 });
    onlyText(Buffer.from(bytes.replaceAll("\r\n", "\n"), "latin1").toString("utf8"));
    expect(records().length).toBeGreaterThan(700);
  });

  it("shows the URLs of slow requests as text", async () => {
    writeFileSync(at("urls.txt"), `${url(utf8("/open?\u202e\u009b2J"))}\n`, "latin1");
    answers.set("/open", SILENCE);
    const args = ["urls.txt", "--retries", "0", "--timeout", "2s", "--progress", "bar"];
    const { bytes } = await inTerminal(args, { cwd: folder.path, columns: 200, rows: 10 });
    expect(bytes).toMatch(/#1 in flight for .*\/open\?\\u\{202e\}\\x9b2J/);
    onlyText(Buffer.from(bytes.replace(OWN, "\n"), "latin1").toString("utf8"));
  });
});

describe("without a terminal,", () => {
  const run = (args: readonly string[], env: Record<string, string> = {}): Promise<Ran> => folder.run(args, { env });

  it.each(["plain", "bar", "none"])(
    "--progress %s writes only text and line feeds, and the records are UTF-8",
    async (how) => {
      hostileList();
      const { code, stderr, stdout } = await run([...ARGS, "-v", "--progress", how]);
      expect([code, stdout]).toEqual([1, ""]);
      onlyText(stderr);
      expect(records().length).toBeGreaterThan(700);
    },
  );

  it("control characters are shown escaped", async () => {
    const lines = ["http://a/\x1b[31m\x9b", `${utf8("x\u009b\u202e\u{e0001}")}://b/`, url("/")];
    writeFileSync(at("urls.txt"), lines.join("\n"), "latin1");
    const { stderr } = await run(ARGS);
    expect(stderr.split("\n").slice(0, 2).sort()).toEqual([
      'urls.txt:1: not a URL that can be fetched: "http://a/\\x1b[31m%9B" (it has a control character)',
      'urls.txt:2: not a URL that can be fetched: "x\\x9b\\u{202e}\\u{e0001}://b/" (no http:// or https:// in front)',
    ]);
  });

  it("responses of a proxy are shown as text, for http and https", async () => {
    const sequences = SEQUENCES.filter((sequence) => !/[\r\n]/.test(sequence)).join("");
    for (const answer of [
      `HTTP/1.1 407 ${sequences}\r\nProxy-Authenticate: ${sequences}\r\n\r\n`,
      `HTTP/1.1 ${sequences}\r\n\r\n`,
      sequences,
    ]) {
      answers.set("/", answer);
      answers.set("example.org:443", answer);
      writeFileSync(at("urls.txt"), "http://example.org/\nhttps://example.org/\n");
      const { code, stderr } = await run([...ARGS, "--force", "-v", "-x", url("")]);
      expect(code, stderr).toBe(1);
      onlyText(stderr);
      expect(records()).toHaveLength(2);
    }
  });

  it("names of lists and folders are shown as text, and add no line", async () => {
    const evil = "\x1b]0;t\x07\u009b2J\u202e\r\nbulkget: all is well\u2028.txt";
    writeFileSync(at(evil), `htp://x\n${url("/")}\n`);
    writeFileSync(at("fine.txt"), `${url("/")}\n`);
    mkdirSync(at("taken"));
    writeFileSync(at("taken", evil), "");
    const ran = [
      await run([evil, "-v"]),
      await run([evil, "fine.txt", "-v", "-o", `out${evil}`]),
      await run([evil, "fine.txt", "-v", "-o", `out${evil}`]),
      await run(["fine.txt", "-o", `out${evil}`]),
    ];
    for (const { code, stderr } of ran) {
      expect([0, 1, 2], stderr).toContain(code);
      onlyText(stderr);
      expect(stderr).toContain("\\x0d\\x0abulkget: all is well\\u{2028}.txt");
      expect(stderr).not.toMatch(/^bulkget: all/m);
    }
  });

  it.each([
    ["a missing list", (evil: string) => [evil]],
    ["a list that is a URL", (evil: string) => [`http://${evil}`]],
    ["a folder whose name a file has", (evil: string) => ["-", "-o", `taken/${evil}`]],
    ["a folder below a file", (evil: string) => ["-", "-o", `taken/${evil}/x`]],
    ["a template", (evil: string) => ["-", "--name", `{n}${evil}{x}`]],
    ["certificates", (evil: string) => ["-", "--cacert", evil]],
    ["a proxy", (evil: string) => ["-", "-x", evil]],
    ["a report", (evil: string) => ["-", "--report", `none/${evil}`]],
  ])("the error about %s is text on one line", async (_what, args) => {
    const evil = "\x1b]0;t\x07\u009b2J\u202e\r\nbulkget: all is well\u2028";
    mkdirSync(at("taken"));
    writeFileSync(at("taken", evil), "");
    const { code, stderr } = await run(args(evil));
    expect(code, stderr).toBe(2);
    onlyText(stderr);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
