// Every option reads its BULKGET_ variable, unless the command line has the option.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CommandLine, misspelt, readCommandLine } from "../../src/cli/command-line/command-line.ts";
import type { EarlyExit } from "../../src/cli/command-line/commander.ts";
import { OptionError } from "../../src/core/errors.ts";
import { splitFlags, variableOf } from "../../src/options/flags.ts";
import type { Row } from "../../src/options/row.ts";
import { TABLE } from "../../src/options/table.ts";
import { jsonl } from "../../src/report/formats/jsonl.ts";

/** Reads a command line in this environment. */
function read(env: Record<string, string>, ...argv: string[]): CommandLine | EarlyExit {
  return readCommandLine(["urls.txt", ...argv], env);
}

function line(env: Record<string, string>, ...argv: string[]): CommandLine {
  const taken = read(env, ...argv);
  return "lists" in taken ? taken : expect.unreachable(JSON.stringify(taken));
}

function refusal(env: Record<string, string>, ...argv: string[]): string {
  const taken = read(env, ...argv);
  return "refusal" in taken ? taken.refusal : expect.unreachable("it was taken");
}

describe("a BULKGET_ variable", () => {
  const variables: [name: string, value: string, read: Partial<CommandLine>][] = [
    ["OUTPUT_DIR", "out", { outputDir: "out" }],
    ["NAME", "{n}", { name: "{n}" }],
    ["PER_DIR", "1000", { perDir: 1000 }],
    ["PRUNE", "1", { prune: true }],
    ["UPDATE", "1", { update: true }],
    ["RETRY_FAILED", "1", { retryFailed: true }],
    ["HASH", "sha256", { hash: "sha256" }],
    ["DURABILITY", "none", { durability: "none" }],
    ["MIN_FREE", "0", { minFree: 0 }],
    ["CONCURRENCY", "7", { concurrency: 7 }],
    ["PER_HOST", "2", { perHost: 2 }],
    ["RATE", "5", { rate: 5 }],
    ["HOST_RATE", "0.5", { hostRate: 0.5 }],
    ["LIMIT_RATE", "500k", { limitRate: 512_000 }],
    ["ORDER", "list", { order: "list" }],
    ["RETRIES", "7", { retries: 7 }],
    ["RETRY_ON", "429,503", { retryOn: [429, 503] }],
    ["CONNECT_TIMEOUT", "500ms", { connectTimeoutMs: 500 }],
    ["TIMEOUT", "2m", { timeoutMs: 120_000 }],
    ["MAX_TIME", "5m", { maxTimeMs: 300_000 }],
    ["MIN_SPEED", "0", { minSpeed: 0 }],
    ["MAX_FILESIZE", "2M", { maxFilesize: 2_097_152 }],
    ["MAX_REDIRS", "0", { maxRedirs: 0 }],
    ["USER_AGENT", "me/1", { userAgent: "me/1" }],
    ["PROXY", "http://127.0.0.1:3128", { proxy: "http://127.0.0.1:3128" }],
    ["PROXY", "", { proxy: "" }],
    ["CACERT", "ca.pem", { ca: "ca.pem" }],
    ["REPORT", "-\njsonl:out", { report: ["-", "out"].map((path) => ({ format: jsonl, path })) }],
    ["PROGRESS", "none", { progress: "none" }],
    ["DEADLINE", "55m", { deadlineMs: 3_300_000 }],
    ["FORCE", "1", { force: true }],
    ["INSECURE", "true", { insecure: true }],
    ["COMPRESSED", "yes", { compressed: true }],
    ["NO_COOKIES", "1", { noCookies: true }],
    ["NO_COOKIES", "0", { noCookies: false }],
    ["QUIET", "on", { quiet: true }],
    ["VERBOSE", "1", { verbose: true }],
    ["HEADER", "Accept: text/*", { headers: [["Accept", "text/*"]] }],
  ];
  it.each(variables)("BULKGET_%s=%s is read", (name, value, taken) => {
    expect(line({ [`BULKGET_${name}`]: value })).toMatchObject(taken);
  });

  it("BULKGET_FAIL_ON and BULKGET_MAX_FAILURES are read", () => {
    expect(line({ BULKGET_FAIL_ON: "never" }).failOn(10, 10)).toBe(false);
    expect(line({ BULKGET_MAX_FAILURES: "3" }).maxFailures?.(3, 3)).toBe(true);
  });

  it("BULKGET_HEADER has one header per line, and -H replaces all of them", () => {
    const env = { BULKGET_HEADER: "A: 1\nB: 2\n\n" };
    expect(line(env).headers).toEqual([
      ["A", "1"],
      ["B", "2"],
    ]);
    expect(line(env, "-H", "C: 3").headers).toEqual([["C", "3"]]);
  });

  it("does not override the command line", () => {
    expect(line({ BULKGET_CONCURRENCY: "7", BULKGET_TIMEOUT: "1s" }, "-c", "9", "--timeout=2s")).toMatchObject({
      concurrency: 9,
      timeoutMs: 2000,
    });
    expect(line({ BULKGET_CONCURRENCY: "7" }, "-c", "50").concurrency).toBe(50);
  });

  it.each(["0", "false", "FALSE", "no", "off", "", " no ", "Off\r"])("with the value %j turns a switch off", (off) => {
    const switches = ["quiet", "verbose", "force", "update", "retryFailed", "insecure", "compressed"];
    const env = switches.map((name) => [`BULKGET_${name.replace("F", "_F").toUpperCase()}`, off]);
    expect(line(Object.fromEntries(env))).toMatchObject(Object.fromEntries(switches.map((name) => [name, false])));
  });

  it.each(["1", "true", "TRUE", "yes", "on", " Yes "])("with the value %j turns a switch on", (on) => {
    expect(line({ BULKGET_FORCE: on, BULKGET_RETRY_FAILED: on })).toMatchObject({ force: true, retryFailed: true });
  });

  it.each(["n", "y", "none", "null", "undefined", "-1", "2", "00", " ", "\t", "nope", "no yes", "true,", "é"])(
    "with the value %j is refused for a switch, by its name and with the accepted values",
    (text) => {
      expect(refusal({ BULKGET_FORCE: text })).toMatch(
        /^bulkget: BULKGET_FORCE: '.*' is not yes or no \(1, true, yes, on; 0, false, no, off, or empty\) \(bulkget --help\)\n$/,
      );
      expect(line({ BULKGET_FORCE: text }, "--force").force).toBe(true); // nobody looks at it
    },
  );

  it("of an invalid header is refused without showing its value", () => {
    expect(refusal({ BULKGET_HEADER: "Authorization Bearer s3cret" })).not.toContain("s3cret");
  });

  it("that cannot be used does not prevent --help and --version", () => {
    const help = { page: { command: "bulkget", isFull: false } };
    expect(read({ BULKGET_FORCE: "n", BULKGET_RATE: "fast" }, "--help")).toEqual(help);
    expect(read({ BULKGET_FORCE: "n", BULKGET_VERSION: "1" }, "-V")).toEqual({ page: "version" });
    expect(line({ BULKGET_VERSION: "1", BULKGET_HELP: "1" }).lists).toEqual(["urls.txt"]);
  });

  it.each([
    ["CONCURRENCY", "many", "a whole number from 1 to 10000"],
    ["TIMEOUT", "10x", "a duration such as"],
    ["PROGRESS", "loud", "auto, bar, plain, none"],
    ["HEADER", "no colon", "a header is 'Name: value'"],
    ["FAIL_ON", "0%%", "any, never"],
    ["RATE", "fast", "a rate such as"],
    ["ORDER", "random", "fair, list, longest"],
    ["RETRY_ON", "429;503", "such as 429,503"],
  ])("BULKGET_%s=%s is refused, by its name and with the accepted values", (name, value, next) => {
    const refused = refusal({ [`BULKGET_${name}`]: value });
    expect(refused).toContain(`BULKGET_${name}`);
    expect(refused).toContain(next);
  });
});

describe("a variable of no option", () => {
  it.each([
    ["BULKGET_CONCURENCY", "BULKGET_CONCURRENCY"],
    ["BULKGET_OUTPUTDIR", "BULKGET_OUTPUT_DIR"],
    ["BULKGET_MAX_TIM", "BULKGET_MAX_TIME"],
    ["bulkget_rate", "BULKGET_RATE"],
    ["BULKGET_RETRY_FIALED", "BULKGET_RETRY_FAILED"],
  ])("that is spelt nearly like one causes a warning with the right name: %s", (name, meant) => {
    expect(misspelt({ [name]: "1", [meant]: "1" })).toEqual([
      `${name} is no option's variable and is not read: was ${meant} meant?`,
    ]);
  });

  it.each(["BULKGET_CONCURRENCY", "BULKGET_QUALITY_ASSURANCE_TEAM", "BULKGET", "BULK_GET_RATE", "PATH"])(
    "that resembles none causes no warning: %s",
    (name) => {
      expect(misspelt({ [name]: "1" })).toEqual([]);
    },
  );
});

describe("an option and its variable", () => {
  const rows = Object.values<Row>(TABLE).filter(({ flags }) => flags !== undefined);
  const named = (isSwitch: boolean) =>
    rows
      .filter(({ type }) => (type === "flag") === isSwitch)
      .map((row) => [splitFlags(row.flags ?? "").name, variableOf(row) ?? ""] as const);
  const words = [
    "",
    " ",
    "0",
    "1",
    "5",
    "-1",
    "1.5",
    "10%",
    "any",
    "auto",
    "500ms",
    "2M",
    "true",
    "no",
    "none",
    "n",
    "-",
  ];
  const choices = rows.flatMap(({ choices }) => (choices ?? []).map(String));
  const value = fc.oneof(fc.constantFrom(...words, ...choices, "A: 1", "noai", "a:1:127.0.0.1", "{n}"), fc.string());

  /** The values in a comparable form: limits are functions, and are called. */
  const plain = (taken: CommandLine | EarlyExit) => {
    if ("refusal" in taken) return { why: taken.refusal.replace(/^bulkget: (BULKGET_\w+|-.*? <.*?>): /, "") };
    if (!("lists" in taken)) return expect.unreachable("a page");
    const counts = [0, 1, 2, 5, 10, 50, 99, 100].flatMap((failed) =>
      [failed, 2 * failed, 100].map((all) => [failed, all]),
    );
    const { failOn, maxFailures, ...rest } = taken;
    const decided = counts.map(([failed = 0, all = 0]) => [failOn(failed, all), maxFailures?.(failed, all)]);
    return { ...rest, decided };
  };

  const ended = (...given: Parameters<typeof read>) => {
    try {
      return plain(read(...given));
    } catch (error) {
      if (error instanceof OptionError) return { why: error.message }; // it does not go with the other options
      throw error;
    }
  };

  it.each(named(false))("have the same value or the same reason for refusal: %s", (flag, variable) => {
    fc.assert(
      fc.property(value, (text) => {
        expect(ended({ [variable]: text })).toEqual(ended({}, `${flag}=${text}`));
      }),
      { numRuns: 60 },
    );
  });

  it.each(named(true))("turn the same switch on, and refuse any other word than yes or no: %s", (flag, variable) => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom("yes", "1", "on", "no", "off", "0", ""), fc.string()), (text) => {
        const [on, off] = [plain(read({}, flag)), plain(read({}))];
        const taken = plain(read({ [variable]: text }));
        const word = text.trim().toLowerCase();
        if (["1", "true", "yes", "on"].includes(word)) expect(taken).toEqual(on);
        else if (text === "" || ["0", "false", "no", "off"].includes(word)) expect(taken).toEqual(off);
        else expect(taken).toMatchObject({ why: expect.stringContaining("is not yes or no") as string });
      }),
      { numRuns: 60 },
    );
  });
});
