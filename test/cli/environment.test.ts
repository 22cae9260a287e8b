// The environment says what the command line does not: every option reads its BULKGET_ variable.
import { afterEach, describe, expect, it, vi } from "vitest";
import { type CommandLine, type Leave, readCommandLine } from "../../src/cli/options.ts";

afterEach(() => void vi.unstubAllEnvs());

/** Reads a command line in an environment of its own, as the process's. */
function read(env: Record<string, string>, ...argv: string[]): CommandLine | Leave {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return readCommandLine(["urls.txt", ...argv]);
}

function line(env: Record<string, string>, ...argv: string[]): CommandLine {
  const taken = read(env, ...argv);
  return "exitCode" in taken ? expect.unreachable(taken.err) : taken;
}

describe("a variable", () => {
  const variables: [name: string, value: string, read: Partial<CommandLine>][] = [
    ["OUTPUT_DIR", "out", { outputDir: "out" }],
    ["NAME", "{n}", { name: "{n}" }],
    ["PER_DIR", "1000", { perDir: 1000 }],
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
    ["CACERT", "ca.pem", { cacert: "ca.pem" }],
    ["REPORT", "-", { report: "-" }],
    ["PROGRESS", "none", { progress: "none" }],
    ["DEADLINE", "55m", { deadlineMs: 3_300_000 }],
    ["FORCE", "1", { force: true }],
    ["INSECURE", "true", { insecure: true }],
    ["COMPRESSED", "yes", { compressed: true }],
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

  it("BULKGET_HEADER has a header a line, and -H replaces them all", () => {
    const env = { BULKGET_HEADER: "A: 1\nB: 2\n\n" };
    expect(line(env).headers).toEqual([
      ["A", "1"],
      ["B", "2"],
    ]);
    expect(line(env, "-H", "C: 3").headers).toEqual([["C", "3"]]);
  });

  it("gives way to the command line", () => {
    expect(line({ BULKGET_CONCURRENCY: "7", BULKGET_TIMEOUT: "1s" }, "-c", "9", "--timeout=2s")).toMatchObject({
      concurrency: 9,
      timeoutMs: 2000,
    });
    expect(line({ BULKGET_CONCURRENCY: "7" }, "-c", "50").concurrency).toBe(50);
  });

  it.each(["0", "false", "FALSE", "no", "off", ""])("of a switch that says %j leaves it off", (off) => {
    const switches = ["quiet", "verbose", "force", "update", "retryFailed", "insecure", "compressed"];
    const env = switches.map((name) => [`BULKGET_${name.replace("F", "_F").toUpperCase()}`, off]);
    expect(line(Object.fromEntries(env))).toMatchObject(Object.fromEntries(switches.map((name) => [name, false])));
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
  ])("BULKGET_%s=%s is refused, by its name and with what would do", (name, value, next) => {
    const refused = read({ [`BULKGET_${name}`]: value });
    expect(refused).toMatchObject({ exitCode: 2, out: "" });
    if (!("exitCode" in refused)) return;
    expect(refused.err).toContain(`BULKGET_${name}`);
    expect(refused.err).toContain(next);
  });
});
