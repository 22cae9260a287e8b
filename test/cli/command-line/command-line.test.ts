// The command line: its defaults, every form of every flag, and the messages for wrong ones.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CommandLine, readCommandLine } from "../../../src/cli/command-line/command-line.ts";
import { EXIT_CODES } from "../../../src/cli/exit-code.ts";
import { helpText } from "../../../src/cli/manual.ts";
import { variableOf } from "../../../src/options/flags.ts";
import type { Row } from "../../../src/options/row.ts";
import { TABLE } from "../../../src/options/table.ts";
import { jsonl } from "../../../src/report/formats/jsonl.ts";
import { VERSION } from "../../../src/version.ts";
import { ROOT } from "../../support/command.ts";

function line(...argv: string[]): CommandLine {
  const read = readCommandLine(argv, {});
  return "lists" in read ? read : expect.unreachable(JSON.stringify(read));
}

/** Why a command line cannot be used. */
function refusal(...argv: string[]): string {
  const read = readCommandLine(argv, {});
  return "refusal" in read ? read.refusal : expect.unreachable("it was taken");
}

/** The page that a command line asks for. */
function page(...argv: string[]): string {
  const read = readCommandLine(argv, {});
  if (!("page" in read)) return expect.unreachable("no page was asked for");
  return read.page === "version" ? VERSION : helpText(read.page);
}

describe("a command line without options", () => {
  it("has the documented defaults", () => {
    const { failOn, ...rest } = line("urls.txt");
    expect(rest).toEqual({
      lists: ["urls.txt"],
      outputDir: "downloads",
      shardBy: "line",
      name: "{n:6}{ext}",
      format: "files",
      shardSize: 1_073_741_824,
      shardCount: 10_000,
      force: false,
      prune: false,
      warcMetadata: false,
      update: false,
      retryFailed: false,
      dryRun: false,
      allowEmpty: false,
      durability: "run",
      minFree: 67_108_864,
      concurrency: 50,
      order: "fair",
      retries: 3,
      workers: 1,
      connectTimeoutMs: 10_000,
      timeoutMs: 30_000,
      minSpeed: 100,
      maxRedirs: 10,
      headers: [],
      noCookies: false,
      netrc: false,
      userAgent: `bulkget/${VERSION}`,
      insecure: false,
      publicOnly: false,
      resolve: [],
      compressed: false,
      http2: false,
      robots: false,
      dedupe: false,
      saveHeaders: false,
      remoteTime: false,
      quiet: false,
      verbose: false,
      progress: "auto",
    });
    expect([failOn(0, 10), failOn(1, 10)]).toEqual([false, true]);
  });

  it("may have several lists, stdin, and after -- a list that looks like an option", () => {
    expect(line("a.txt", "-", "b.gz").lists).toEqual(["a.txt", "-", "b.gz"]);
    expect(line("a.txt", "-q", "b.txt")).toMatchObject({ lists: ["a.txt", "b.txt"], quiet: true });
    expect(line("-q", "--", "-k", "--force")).toMatchObject({ lists: ["-k", "--force"], quiet: true, force: false });
  });
});

describe("the option", () => {
  const valued: [long: string, short: string, value: string, read: Partial<CommandLine>][] = [
    ["--output-dir", "-o", "out", { outputDir: "out" }],
    ["--name", "", "{host}/{n}", { name: "{host}/{n}" }],
    ["--per-dir", "", "1000", { perDir: 1000 }],
    ["--hash", "", "sha256", { hash: "sha256" }],
    ["--input-format", "", "jsonl", { inputFormat: "jsonl" }],
    ["--column", "", "URL=Link, name=a b,md5=", { column: { url: "Link", name: "a b", md5: "" } }],
    ["--keep", "", "width, caption", { keep: ["width", "caption"] }],
    ["--durability", "", "file", { durability: "file" }],
    ["--min-free", "", "1G", { minFree: 1_073_741_824 }],
    ["--concurrency", "-c", "7", { concurrency: 7 }],
    ["--concurrency", "-c", "auto", { concurrency: "auto" }],
    ["--per-host", "", "2", { perHost: 2 }],
    ["--rate", "", "30/m", { rate: 0.5 }],
    ["--host-rate", "", "2/s", { hostRate: 2 }],
    ["--limit-rate", "", "2M/s", { limitRate: 2_097_152 }],
    ["--order", "", "longest", { order: "longest" }],
    ["--retries", "", "0", { retries: 0 }],
    ["--workers", "", "2", { workers: 2 }],
    ["--workers", "", "auto", { workers: "auto" }],
    ["--retry-on", "", "429, 503", { retryOn: [429, 503] }],
    ["--connect-timeout", "", "500ms", { connectTimeoutMs: 500 }],
    ["--timeout", "", "2m", { timeoutMs: 120_000 }],
    ["--max-time", "", "90", { maxTimeMs: 90_000 }],
    ["--min-speed", "", "1k", { minSpeed: 1024 }],
    ["--max-filesize", "", "2M", { maxFilesize: 2_097_152 }],
    ["--max-redirs", "", "0", { maxRedirs: 0 }],
    ["--header", "-H", "Accept: text/*;q=1", { headers: [["Accept", "text/*;q=1"]] }],
    ["--user-agent", "-A", "me/1", { userAgent: "me/1" }],
    ["--cookie", "-b", "a=b; c=d", { cookie: ["a=b; c=d"] }],
    ["--netrc-file", "", "who.txt", { netrcFile: "who.txt" }],
    ["--proxy", "-x", "http://127.0.0.1:3128", { proxy: "http://127.0.0.1:3128" }],
    ["--cacert", "", "ca.pem", { ca: "ca.pem" }],
    ["--cert", "", "me.pem", { cert: "me.pem" }],
    ["--key", "", "me.key", { key: "me.key" }],
    ["--resolve", "", "a.org:443:127.0.0.1", { resolve: ["a.org:443:127.0.0.1"] }],
    ["--unix-socket", "", "/run/x.sock", { unixSocket: "/run/x.sock" }],
    ["--respect", "", "noai, NoIndex", { respect: ["noai", "noindex"] }],
    ["--report", "", "-", { report: [{ format: jsonl, path: "-" }] }],
    ["--progress", "", "plain", { progress: "plain" }],
    ["--deadline", "", "55m", { deadlineMs: 3_300_000 }],
  ];
  it.each(valued)("%s takes a value after a blank or an equals sign", (long, short, value, read) => {
    expect(line(long, value, "urls.txt")).toMatchObject({ ...read, lists: ["urls.txt"] });
    expect(line("urls.txt", `${long}=${value}`)).toMatchObject({ ...read, lists: ["urls.txt"] });
    if (short !== "") expect(line(short, value, "urls.txt")).toMatchObject({ ...read, lists: ["urls.txt"] });
    if (short !== "") expect(line(`${short}${value}`, "urls.txt")).toMatchObject({ ...read, lists: ["urls.txt"] });
  });

  it.each([
    ["--force", "", { force: true }],
    ["--prune", "", { prune: true }],
    ["--update", "-u", { update: true }],
    ["--retry-failed", "", { retryFailed: true }],
    ["--insecure", "-k", { insecure: true }],
    ["--no-cookies", "", { noCookies: true }],
    ["--netrc", "-n", { netrc: true }],
    ["--public-only", "", { publicOnly: true }],
    ["--compressed", "", { compressed: true }],
    ["--robots", "", { robots: true }],
    ["--dedupe", "", { dedupe: true }],
    ["--quiet", "-q", { quiet: true }],
    ["--verbose", "-v", { verbose: true }],
  ])("%s is a switch", (long, short, read) => {
    expect(line(long, "urls.txt")).toMatchObject(read);
    if (short !== "") expect(line("urls.txt", short)).toMatchObject(read);
  });

  it("-b may be repeated, and may be empty", () => {
    expect(line("u").cookie).toBeUndefined();
    expect(line("u", "-b", "", "--cookie=a=b").cookie).toEqual(["", "a=b"]);
  });

  it("-H may be repeated, and --fail-on and --max-failures become functions", () => {
    expect(line("u", "-H", "A: 1", "-HB:2:3 ", "-H", "C:").headers).toEqual([
      ["A", "1"],
      ["B", "2:3"],
      ["C", ""],
    ]);
    // What is no blank in a header (RFC 9110 section 5.6.3) stays.
    expect(line("u", "-H", "A:\u00a0\t1 \u00a0 \r").headers).toEqual([["A", "\u00a0\t1 \u00a0"]]);
    expect(line("u", "--resolve", "a:1:127.0.0.1", "--resolve=-a:1").resolve).toEqual(["a:1:127.0.0.1", "-a:1"]);
    expect(line("u", "--fail-on", "50%").failOn(4, 10)).toBe(false);
    expect(line("u", "--fail-on=50%").failOn(5, 10)).toBe(true);
    expect(line("u", "--max-failures=3").maxFailures?.(2, 2)).toBe(false);
    expect(line("u", "--max-failures", "3").maxFailures?.(3, 3)).toBe(true);
  });
});

describe("a wrong command line is refused, with its wrong part and the accepted values:", () => {
  const wrong: [argv: string[], thing: string, next: string][] = [
    [["u", "-c", "0"], "-c, --concurrency <n>", "a whole number from 1 to 10000"],
    [["u", "-c", "many"], "'many'", "a whole number from 1 to 10000, or auto"],
    [["u", "--timeout", "10x"], "--timeout <time>", "a duration such as 500ms, 10s, 5m or 2h"],
    [["u", "--max-time=0"], "--max-time <time>", "a duration such as"],
    [["u", "--connect-timeout=366d"], "--connect-timeout <time>", "a duration of 365 days at most"],
    [["u", "--max-filesize", "big"], "--max-filesize <size>", "a size such as 500, 10k, 2M or 1G"],
    [["u", "--min-speed=-1"], "--min-speed <size>", "a size such as"],
    [["u", "--shard-size", "9k"], "--shard-size <size>: '9k'", "a size of at least 10k"],
    [["u", "--max-redirs", "-1"], "--max-redirs <n>", "a whole number from 0 to 1000"],
    [["u", "-H", "no colon"], "-H, --header <header>", "a header is 'Name: value'"],
    [["u", "-H", ": x"], "-H, --header <header>", "a header is 'Name: value'"],
    [["u", "--progress", "loud"], "--progress <how>", "auto, bar, plain, none"],
    [["u", "--fail-on", "0"], "--fail-on <limit>", "any, never, a number such as 10, or a share such as 5%"],
    [["u", "--max-failures", "any"], "--max-failures <limit>", "a number such as 10, or a share such as 5%"],
    [["u", "--deadline", "soon"], "--deadline <time>", "a duration such as"],
    [["u", "--per-host=0"], "--per-host <n>", "a whole number from 1 to 10000"],
    [["u", "--rate", "0"], "--rate <n/s>", "a rate such as 5, 0.5 or 30/m"],
    [["u", "--host-rate", "5/d"], "--host-rate <n/s>", "a rate such as"],
    [["u", "--limit-rate", "0"], "--limit-rate <size/s>", "a speed such as 500k or 2M"],
    [["u", "--order", "random"], "--order <how>", "fair, list, longest"],
    [["u", "--retries", "-1"], "--retries <n>", "a whole number from 0 to 100"],
    [["u", "--retry-on", "5xx"], "--retry-on <statuses>", "such as 429,503"],
    [["u", "--hash", "md5"], "--hash <kind>", "sha256"],
    [["u", "--column", "link"], "--column <role=column>", "columns such as url=URL,name=key"],
    [["u", "--column", "link=url"], "--column <role=column>", "columns such as url=URL,name=key"],
    [["u", "--keep", "a,,b"], "--keep <columns>", "names of columns"],
    [["u", "--durability", "always"], "--durability <level>", "none, run, file"],
    [["u", "--min-free", "-1"], "--min-free <size>", "a size such as"],
    [["u", "-o"], "-o, --output-dir <dir>", "argument missing"],
    [["u", "--force=yes"], "--force", ""],
    [["u", "--concurency", "5"], "--concurency", "did you mean --concurrency?"],
    [["u", "--concurency=5"], "--concurency=***", "did you mean --concurrency?"],
    [["u", "--retrys", "5"], "unknown option '--retrys'", "did you mean --retries?"],
    [["u", "--halp"], "--halp", "did you mean --help?"],
    [["u", "-B"], "unknown option '-B'", "bulkget --help"],
    [["u", "--force=no"], "--force takes no value", "it is on where it is written"],
    [["u", "-o", ""], "-o, --output-dir <dir>: ''", "the path of a folder (. is this one)"],
    [["u", "--output-dir=  "], "-o, --output-dir <dir>: '  '", "the path of a folder"],
    [["u", "--report="], "--report <file>: ''", "the path of a file, or - for stdout"],
    [
      ["u", "--report=html:out.html"],
      "--report <file>: 'html:out.html'",
      "one of these formats and a colon, if any: jsonl",
    ],
    [["u", "--netrc-file", ""], "--netrc-file <file>: ''", "the path of a file"],
    [["u", "--cacert", ""], "--cacert <file>: ''", "the path of a file"],
    [["u", "--cert", " "], "--cert <file>: ' '", "the path of a file"],
    [["u", "--key", ""], "--key <file>: ''", "the path of a file"],
    [["u", "--unix-socket", ""], "--unix-socket <path>: ''", "the path of a socket"],
    [["u", "--resolve", ""], "--resolve <host:port:ip>: ''", "an entry host:port:address[,address]"],
    [["u", "-H", ""], "-H, --header <header>", "a header is 'Name: value'"],
    [["u", "--respect="], "--respect <words>: ''", "some of noai,noimageai"],
    [["u", "--retry-on="], "--retry-on <statuses>: ''", "such as 429,503"],
    [["u", "--limit-rate", "fast"], "--limit-rate <size/s>: 'fast'", "a speed such as 500k or 2M"],
    [[""], "list: ''", "a file with one URL per line, a URL, or - for stdin"],
    [["u", " "], "list: ' '", "a file with one URL per line, a URL, or - for stdin"],
    [
      ["-c", "-i", "u"],
      "-c, --concurrency <n>: '-i' is not a whole number",
      "requests at a time here, and a run resumes by itself",
    ],
    [["-q"], "missing required argument 'list'", "a file with one URL per line, a URL, or - for stdin"],
  ];
  it.each(wrong)("%j", (argv, thing, next) => {
    const err = refusal(...argv);
    expect(err).toMatch(/^bulkget: [^\n]+ \(bulkget --help\)\n$/);
    expect(err).not.toContain("\\x");
    expect(err).toContain(thing);
    expect(err).toContain(next);
  });

  it("a value with control characters adds no line to the message and does not move the cursor", () => {
    for (const value of [
      "a\nb",
      "\u001b[2J",
      "a' is invalid. b",
      "a\n(Did you mean b?)",
      "' argument 'x' is invalid. y",
    ]) {
      for (const argv of [["-c", value], [`--order=${value}`], [`--x${value}`], ["--rate", value]]) {
        const err = refusal("u", ...argv);
        expect(err).toMatch(/^bulkget: [\x20-\x7e]+ \(bulkget --help\)\n$/);
      }
    }
  });

  it.each([
    [["u", "-H", "Authorization Bearer s3cret"], "a header is 'Name: value'"],
    [["u", "--header=s3cret' is invalid"], "a header is 'Name: value'"],
    [["u", "--coookie=sid=s3cret"], "--coookie"],
  ])("%j, without showing the secret", (argv, next) => {
    const err = refusal(...argv);
    expect(err).toContain(next);
    expect(err).not.toContain("s3cret");
  });

  it.each([[[]], [["-q"]], [["u", "--nonsense"]]])("%j, with a hint to --help", (argv) => {
    const err = refusal(...argv);
    expect(err).toMatch(/list|--nonsense/);
    expect(err).toContain("--help");
  });
});

describe("the pages of --help", () => {
  it.each([["--help"], ["--help", "all"], ["--help=all"]])("%s %s fits a terminal of 80 columns", (...argv) => {
    for (const row of page(...argv).split("\n")) expect(row.length, row).toBeLessThanOrEqual(80);
  });

  it("the short one has one line per option, and less than 100 lines", async () => {
    const text = page("--help");
    expect(page("u", "-q", "-h")).toBe(text);
    expect(text.split("\n").length).toBeLessThan(100);
    for (const { flags = "" } of Object.values<Row>(TABLE)) expect(text).toContain(flags);
    await expect(text).toMatchFileSnapshot(join(ROOT, "fixtures/golden/help.txt"));
  });

  it("the full one has the details, default and variable of each option, and every exit code", async () => {
    const text = page("--help", "all");
    expect([page("-h", "all"), page("--help=all"), page("u", "--help", "all")]).toEqual([text, text, text]);
    for (const row of Object.values<Row>(TABLE).filter(({ flags }) => flags !== undefined))
      expect(text.replace(/\s+/g, " ")).toContain(`Variable: ${variableOf(row)}.`);
    for (const { code } of Object.values(EXIT_CODES)) expect(text).toMatch(new RegExp(`^ +${code}  `, "m"));
    await expect(text).toMatchFileSnapshot(join(ROOT, "fixtures/golden/help-all.txt"));
  });

  it("are not printed where the value of an option looks like --help", () => {
    expect(line("u", "-o", "--help").outputDir).toBe("--help");
    expect(refusal("u", "--help=short")).toContain("--help=***");
  });
});

it("--version prints the version of package.json", () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  expect(VERSION).toBe(version);
  for (const flag of ["-V", "--version"]) expect(page(flag)).toBe(version);
});
