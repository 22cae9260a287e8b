// On a disk where each rename takes seconds, signals and --deadline still end a run, and the next run resumes.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { cleanEnv, filesOf, recordsOf } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { noStrace, renames } from "../../support/process/traced.ts";
import { GRACE_MESSAGE, graceOf } from "../../support/process/under-way.ts";
import { journalOf, pageOf } from "../../support/site.ts";

if (noStrace !== undefined) console.warn(`SKIPPED: slow disks: strace cannot be used: ${noStrace}`);

const site = ownSite();
const folder = ownFolder();
const URLS = 120;
const out = folder.at;

/** The file of strace's log in the folder. */
const CALLS = "calls.txt";

/** A generous limit for a busy machine. */
const PATIENCE = { timeout: 60_000 };

beforeEach(() => void folder.list(Array.from({ length: URLS }, (_, i) => site.url(`/${i + 1}`))));

/** Starts the command under strace; with `-D` the command, not strace, is the child. */
function started(delay: string, args: readonly string[], graceMs = 5000) {
  const line = `exec ${renames(`delay_enter=${delay}`, CALLS).replace("strace ", "strace -D ")} urls.txt ${args.join(" ")}`;
  const child = spawn("bash", ["-c", line], {
    cwd: folder.path,
    env: cleanEnv(graceOf(graceMs)),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ readonly code: number | null; readonly signal: string | null }>((resolve) =>
    child.on("exit", (code, signal) => resolve({ code, signal })),
  );
  let asked = 0;
  return {
    ended,
    stderr: () => stderr,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** Resolves when the rename of a body has begun. */
    renaming: () =>
      expect.poll(() => existsSync(out(CALLS)) && readFileSync(out(CALLS), "utf8"), PATIENCE).toContain('.part"'),
    /** Resolves when this number of bodies was requested. */
    fetched: (many: number) =>
      expect
        .poll(() => {
          asked += site.asked().length;
          return asked;
        }, PATIENCE)
        .toBeGreaterThanOrEqual(many),
  };
}

/** Expects every file to be whole and every saved record to have its file; returns the number of saved records. */
function expectWhole(): number {
  const saved = [...recordsOf(out("downloads")).values()].filter(({ outcome }) => outcome === "saved");
  for (const file of filesOf(out("downloads")).filter((name) => !name.startsWith(".bulkget"))) {
    expect(readFileSync(out("downloads", file)).equals(pageOf(`/${Number.parseInt(file, 10)}`)), file).toBe(true);
  }
  for (const { file = "" } of saved) expect(existsSync(out("downloads", file)), file).toBe(true);
  return saved.length;
}

async function expectResumes(): Promise<void> {
  const { code, stderr } = await folder.run(["urls.txt"]);
  expect(code, stderr).toBe(0);
  expect(expectWhole()).toBe(URLS);
  expect(journalOf(out("downloads")).map(({ n }) => n)).toEqual(Array.from({ length: URLS }, (_, i) => i + 1));
}

const ONE: [how: string, ...args: string[]] = ["in one process"];
const TWO: typeof ONE = ["in two processes", "--workers", "2"];
const NAMED: typeof ONE = ["with --name", "--name", "{n}-{basename}"];

describe.skipIf(noStrace !== undefined)("a run on a slow disk", { timeout: 120_000 }, () => {
  it.each([ONE, TWO, NAMED])(
    "ends by a signal after its grace period, and abandons bodies that wait to be written, %s",
    async (_, ...args) => {
      const { ended, fetched, kill, stderr } = started("2s", args, 500);
      await fetched(40);
      kill("SIGTERM");
      expect(await ended).toEqual({ code: null, signal: "SIGTERM" });
      expect(stderr()).toContain(GRACE_MESSAGE);
      expect(stderr()).toContain("stopped: SIGTERM; run it again to go on");
      expect(stderr()).toMatch(/\nleft {4}(about )?\d+ of 120\n/);
      // Three renames at a time, 2 s each.
      expect(expectWhole()).toBeLessThan(36);
      await expectResumes();
    },
  );

  it.each([ONE, TWO])("ends at once by a second signal during the renames, %s", async (_, ...args) => {
    const { ended, renaming, kill, stderr } = started("8s", args);
    await renaming();
    kill("SIGTERM");
    await expect.poll(stderr, PATIENCE).toContain("once more to stop now");
    kill("SIGTERM");
    // strace keeps the process from ending while it delays a rename.
    expect(await ended).toEqual({ code: null, signal: "SIGTERM" });
    expect(stderr()).toContain("stopped: SIGTERM, at once; run it again to go on");
    expect(expectWhole()).toBe(0);
    await expectResumes();
  });

  it("ends by --deadline with exit code 4", async () => {
    const { ended, stderr } = started("2s", ["--deadline", "1s"], 500);
    expect(await ended).toEqual({ code: 4, signal: null });
    expect(stderr()).toContain("stopped: the time of --deadline is over; run it again to go on");
    expect(expectWhole()).toBeLessThan(36);
    await expectResumes();
  });
});
