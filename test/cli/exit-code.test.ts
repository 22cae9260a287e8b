// The exit codes: one case per row, by the built command.

import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { EXIT_CODES, type ExitName } from "../../src/cli/exit-code.ts";
import { exitOfRun, type RunEnd } from "../../src/cli/exit-of.ts";
import { parseFailOn } from "../../src/policy/fail-on.ts";
import { BIN, cleanEnv } from "../support/command.ts";
import { linesOf, own, ownFolder, ownRudeServer } from "../support/own.ts";

const server = ownRudeServer();
const folder = ownFolder();
const urls = (...paths: string[]) => linesOf(paths.map(server.url));
const code = async (args: readonly string[], stdin = "", env: Record<string, string> = {}) =>
  (await folder.run(args, { stdin, env })).code;

/** A run whose only URL is requested, and not answered. */
async function underWay(path: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [BIN, "-", "-q"], { cwd: folder.path, env: cleanEnv(), stdio: ["pipe", 2, 2] });
  own({ close: () => void child.kill("SIGKILL") });
  child.stdin?.end(urls(path));
  await expect.poll(() => server.stats.openRequests, { timeout: 10_000 }).toBe(1);
  return child;
}

/** The exit code as a shell shows it. */
async function stoppedBy(signal: "SIGHUP" | "SIGINT" | "SIGTERM"): Promise<number> {
  const child = await underWay("/ok?delay=1000");
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on("close", (_, by) => resolve(by)));
  child.kill(signal);
  return 128 + constants.signals[(await ended) ?? "SIGKILL"];
}

/** One way to get each exit code. */
const CASES: Readonly<Record<ExitName, () => Promise<number | null>>> = {
  finished: () => code(["-"], urls("/ok")),
  failed: () => code(["-"], urls("/ok", "/status/404")),
  usage: () => code(["-", "--nonsense"]),
  disk: () => code(["-", "-o", "/proc/nowhere"], urls("/ok")),
  stopped: () => code(["-", "-c", "1", "--max-failures", "1"], urls("/status/404", "/ok")),
  async locked() {
    await underWay("/stall-before");
    return await code(["-"], urls("/ok"));
  },
  bug() {
    writeFileSync(folder.at("broken.mjs"), "Promise.prototype.finally = () => new Promise(() => {})");
    return code(["-"], urls("/ok"), { NODE_OPTIONS: `--import=${folder.at("broken.mjs")}` });
  },
  SIGHUP: () => stoppedBy("SIGHUP"),
  SIGINT: () => stoppedBy("SIGINT"),
  SIGTERM: () => stoppedBy("SIGTERM"),
};

describe("the command ends with the exit code", () => {
  it.each(Object.entries(EXIT_CODES).map(([name, { code, meaning }]) => [code, meaning, name as ExitName] as const))(
    "%i: %s",
    async (wanted, _, name) => {
      expect(await CASES[name]()).toBe(wanted);
    },
  );
});

describe("a run with several events", () => {
  const tally = (failed: number, kinds: readonly string[] = []) =>
    ({ saved: 1, failed, skipped: 0, unchanged: 0, kinds: new Map(kinds.map((kind) => [kind, 1])) }) as never;
  const end = (more: Partial<RunEnd>) =>
    exitOfRun({
      view: { tally: tally(1) },
      failOn: parseFailOn("any") ?? expect.unreachable(),
      reason: undefined,
      isListBroken: false,
      isReportBroken: false,
      ...more,
    });

  it("ends with the exit code of the most serious one: bug, disk, signal, list, early stop, failures", () => {
    const all = { view: { tally: tally(1, ["internal"]) }, isListBroken: true, isReportBroken: true };
    expect(end({ ...all, reason: "disk" })).toBe("bug");
    expect(end({ isListBroken: true, reason: "disk" })).toBe("disk");
    expect(end({ isListBroken: true, reason: "SIGTERM" })).toBe("SIGTERM");
    expect(end({ isListBroken: true, reason: "deadline" })).toBe("usage");
    expect(end({ reason: "max-failures" })).toBe("stopped");
    expect(end({})).toBe("failed");
  });

  it("ends with exit code 1 for a lost report, and for failures of an earlier run", () => {
    expect(end({ view: { tally: tally(0) } })).toBe("finished");
    expect(end({ view: { tally: tally(0) }, isReportBroken: true })).toBe("failed");
    expect(end({ view: { tally: tally(0), doneEarlier: { saved: 5, failed: 1, skipped: 0 } as never } })).toBe(
      "failed",
    );
  });
});
