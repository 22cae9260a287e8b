// A stopped run has not read all of standard input: lines that it has not read do not count as removed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { bulkget } from "../../../src/index.ts";
import { BIN, cleanEnv } from "../../support/command.ts";
import { runsAgain, TEN } from "../../support/folders/again.ts";
import { journalOf, leftIn, status } from "../../support/site.ts";

const { server, at, saved, list, run } = runsAgain();

/** Runs lines from a standard input that stays open, and sends SIGTERM when the last line is requested. */
async function stopped(lines: readonly string[], ...args: string[]): Promise<string> {
  server.asked();
  const child = spawn(process.execPath, [BIN, "-", ...args], { cwd: at("."), env: cleanEnv() });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = once(child, "close");
  child.stdin.write(lines.map((path) => `${server.url(path)}\n`).join(""));
  const asked: string[] = [];
  await expect
    .poll(
      () => {
        asked.push(...server.asked());
        return asked;
      },
      { timeout: 60_000 },
    )
    .toContain(lines.at(-1));
  child.kill("SIGTERM");
  expect(await ended).toEqual([null, "SIGTERM"]);
  return stderr;
}

it("--prune removes nothing when a signal stops the run before the end of standard input", async () => {
  list(TEN);
  expect((await run()).code).toBe(0);
  const { files } = leftIn(saved());
  expect(await stopped([...TEN.slice(0, 3), "/new"], "--prune")).not.toContain("pruned");
  const { files: now } = leftIn(saved());
  expect(Object.values(now)).toEqual(expect.arrayContaining(Object.values(files)));
});

it("--prune removes nothing when the library's run is aborted and its iterable ends", async () => {
  list(TEN);
  expect((await run()).code).toBe(0);
  const was = leftIn(saved());
  const abort = new AbortController();
  async function* some() {
    for (const path of TEN.slice(0, 3)) yield server.url(path);
    abort.abort();
  }
  const aborted = async () => {
    for await (const _ of bulkget(some(), { outputDir: saved(), prune: true, signal: abort.signal }));
  };
  await expect(aborted()).rejects.toThrow("aborted");
  expect(leftIn(saved())).toEqual(was);
});

it("failures of lines that a stopped run has not read are kept for the next run", async () => {
  server.answers.set("/none", status(404));
  list(["/none", "/a"]);
  expect((await run()).code).toBe(1);
  await stopped(["/new"]);
  list(["/new", "/none", "/a"]);
  server.asked();
  expect((await run()).code).toBe(1);
  expect(["", "/new"]).toContain(server.asked().join());
  expect(journalOf(saved()).map(({ outcome }) => outcome)).toEqual(["saved", "failed", "saved"]);
});
