// A first signal lets requests under way finish, and a second one ends the command at once.

import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { BIN, cleanEnv, filesOf, recordsOf } from "../../support/command.ts";
import { linesOf, own, ownFolder, ownRudeServer } from "../../support/own.ts";
import { GRACE_MESSAGE, graceOf } from "../../support/process/under-way.ts";
import { gate, host } from "../../support/rude/host.ts";

const server = ownRudeServer();
const folder = ownFolder();
const downloads = (...more: string[]) => folder.at("downloads", ...more);
const PATIENCE = { timeout: 20_000 };

describe("the command with a signal:", () => {
  const started = (urls: string[], graceMs = 5000) => {
    const child = spawn(process.execPath, [BIN, "-"], { cwd: folder.path, env: cleanEnv(graceOf(graceMs)) });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    // The list stays open: without a signal, the run would never end.
    child.stdin.write(linesOf(urls));
    child.stdin.on("error", () => {});
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
      child.on("close", (code, signal) => resolve({ code, signal })),
    );
    return { child, ended, stderr: () => stderr };
  };

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s lets requests under way finish, then the command ends by that signal",
    async (signal) => {
      const held = gate();
      const slow = own(
        await host((response, { path }) => {
          if (path === "/held") held.pass(() => response.end("fine\n"));
          else response.end("fine\n");
        }),
      );
      const { child, ended, stderr } = started([`${slow.origin}/ok`, `${slow.origin}/held`], 60_000);
      await expect.poll(() => [slow.asked.length, held.waiting], PATIENCE).toEqual([2, 1]);
      child.kill(signal);
      await expect.poll(stderr, PATIENCE).toContain(`${signal}: ${GRACE_MESSAGE}`);
      held.open();
      expect(await ended).toEqual({ code: null, signal });
      expect(stderr()).toContain("saved   2");
      expect(recordsOf(downloads()).size).toBe(2);
      expect(filesOf(downloads())).toEqual(["000001", "000002"]);
    },
  );

  it("a second signal ends the command at once, without files or records of requests under way", async () => {
    const paths = ["/ok", "/stall-before", "/stall-in-body?bytes=400000"];
    // Within the time limit of this test, only the second signal can end the run.
    const { child, ended, stderr } = started(paths.map(server.url), 600_000);
    await expect.poll(() => [server.seen.length, server.stats.openRequests], PATIENCE).toEqual([3, 2]);
    child.kill("SIGINT");
    await expect.poll(stderr, PATIENCE).toContain(GRACE_MESSAGE);
    child.kill("SIGINT");
    expect(await ended).toEqual({ code: null, signal: "SIGINT" });
    expect(stderr()).toContain("stopped 2 in flight");
    expect(recordsOf(downloads()).size).toBe(1);
    expect(filesOf(downloads())).toEqual(["000001"]);
  });

  it("a request that hangs is abandoned after the grace period", async () => {
    const { child, ended, stderr } = started([server.url("/stall-before")], 200);
    await expect.poll(() => server.stats.openRequests, PATIENCE).toBe(1);
    child.kill("SIGTERM");
    await expect.poll(stderr, PATIENCE).toContain(GRACE_MESSAGE);
    expect(await ended).toEqual({ code: null, signal: "SIGTERM" });
    expect(recordsOf(downloads()).size).toBe(0);
  });
});
