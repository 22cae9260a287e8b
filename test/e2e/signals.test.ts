// A first signal lets requests under way finish, and a second one ends the command at once.

import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { BIN, cleanEnv, filesOf, recordsOf } from "../support/command.ts";
import { linesOf, ownFolder, ownRudeServer } from "../support/own.ts";

const server = ownRudeServer();
const folder = ownFolder();
const downloads = (...more: string[]) => folder.at("downloads", ...more);
const urls = (...paths: string[]) => linesOf(paths.map(server.url));

describe("the command with a signal:", () => {
  const started = (paths: string[]) => {
    const child = spawn(process.execPath, [BIN, "-"], { cwd: folder.path, env: cleanEnv() });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    // The list stays open: without a signal, the run would never end.
    child.stdin.write(urls(...paths));
    child.stdin.on("error", () => {});
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
      child.on("close", (code, signal) => resolve({ code, signal })),
    );
    return { child, ended, stderr: () => stderr };
  };

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s lets requests under way finish, then the command ends by that signal",
    async (signal) => {
      const { child, ended, stderr } = started(["/ok", "/ok?delay=1000"]);
      await expect.poll(() => server.stats.openRequests, { timeout: 10_000 }).toBe(1);
      child.kill(signal);
      expect(await ended).toEqual({ code: null, signal });
      expect(stderr()).toContain("finishing what is under way");
      expect(stderr()).toContain("saved   2");
      expect(recordsOf(downloads()).size).toBe(2);
      expect(filesOf(downloads())).toEqual(["000001", "000002"]);
    },
  );

  it("a second signal ends the command at once, without files or records of requests under way", async () => {
    const { child, ended, stderr } = started(["/ok", "/stall-before", "/stall-in-body?bytes=400000"]);
    await expect.poll(() => server.stats.openRequests, { timeout: 10_000 }).toBe(2);
    const sinceMs = performance.now();
    child.kill("SIGINT");
    await expect.poll(stderr, { timeout: 4000 }).toContain("once more to stop now");
    child.kill("SIGINT");
    expect(await ended).toEqual({ code: null, signal: "SIGINT" });
    expect(performance.now() - sinceMs).toBeLessThan(4500); // the grace of 5 s was cut short
    expect(stderr()).toContain("stopped 2 under way");
    expect(recordsOf(downloads()).size).toBe(1);
    expect(filesOf(downloads())).toEqual(["000001"]);
  });

  it("a request that hangs is abandoned after the grace period", async () => {
    const { child, ended } = started(["/stall-before"]);
    await expect.poll(() => server.stats.openRequests, { timeout: 10_000 }).toBe(1);
    child.kill("SIGTERM");
    expect(await ended).toEqual({ code: null, signal: "SIGTERM" });
    expect(recordsOf(downloads()).size).toBe(0);
  });
});
