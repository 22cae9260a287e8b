// Where stderr or stdout cannot be written, only messages are lost: downloads and exit codes stay right.

import { describe, expect, it } from "vitest";
import { BIN, filesOf, recordsOf, shell } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { inLostTerminal, TMUX } from "../../support/process/terminal.ts";
import { status } from "../../support/site.ts";

const site = ownSite();
const folder = ownFolder();

const SAVED = 20;
const FAILED = 20;

/** Writes a list of which every second line fails, so that there are messages all the time. */
function list(): void {
  for (let i = 0; i < FAILED; i++) site.answers.set(`/failed-${i}`, status(404));
  const urls = Array.from({ length: SAVED }, (_, i) => [site.url(`/failed-${i}`), site.url(`/saved-${i}`)]);
  folder.list(urls.flat());
}

/** Expects all files and records. */
function expectAll(): void {
  expect(filesOf(folder.at("downloads"))).toHaveLength(SAVED);
  expect(recordsOf(folder.at("downloads")).size).toBe(SAVED + FAILED);
}

const run = (line: string) => shell(line, { cwd: folder.path });

describe("a stderr that cannot be written", () => {
  it.each(["--progress plain", "--progress bar", "--progress none", "-v", "-q", "--workers 2"])(
    "because its reader is gone changes neither downloads nor the exit code, with %s",
    async (options) => {
      list();
      const { code, stdout } = await run(`bulkget urls.txt ${options} 2>&1 | true; echo "left with \${PIPESTATUS[0]}"`);
      expect({ code, stdout }).toEqual({ code: 0, stdout: "left with 1\n" });
      expectAll();
    },
  );

  it.each(["head -1", "grep -q urls.txt:1"])(
    "because its reader `%s` ends early changes neither downloads nor the exit code",
    async (reader) => {
      list();
      const { stdout } = await run(`bulkget urls.txt -v 2>&1 | ${reader}; echo "left with \${PIPESTATUS[*]}"`);
      expect(stdout).toMatch(/left with 1 0\n$/);
      expectAll();
    },
  );

  it.each(["--progress plain", "--progress bar", "-v", "-q"])(
    "because its disk is full changes neither downloads nor the exit code, with %s",
    async (options) => {
      list();
      expect((await run(`bulkget urls.txt ${options} 2>/dev/full`)).code).toBe(1);
      expectAll();
    },
  );

  it("because it is closed, like stdin and stdout, changes neither downloads nor the exit code", async () => {
    list();
    expect((await run("bulkget urls.txt 2>&- >&- <&-")).code).toBe(1);
    expectAll();
  });

  it("because nobody reads it does not delay the downloads", async () => {
    const name = "x".repeat(1000);
    folder.list(Array.from({ length: 300 }, (_, i) => site.url(`/${name}-${i}`)));
    // The output exceeds a pipe's capacity; `sleep` keeps the pipe open, and is killed after the command.
    const line = `bulkget urls.txt -v 2> >(exec sleep 1000); code=$?; kill $!; exit $code`;
    expect((await run(line)).code).toBe(0);
    expect(filesOf(folder.at("downloads"))).toHaveLength(300);
  });

  it.each([
    ["an unknown option", "--wat"],
    ["a missing list", "missing.txt"],
    ["no list", ""],
  ])("does not change the exit code for %s", async (_, options) => {
    expect((await run(`bulkget ${options} 2>/dev/full`)).code).toBe(2);
    expect((await run(`bulkget ${options} 2>&1 | true; exit \${PIPESTATUS[0]}`)).code).toBe(2);
  });

  it("does not stop bulkget tune", async () => {
    list();
    const line = "bulkget tune urls.txt --up-to 2 --step-time 50ms";
    expect(await run(`${line} 2>/dev/full`)).toMatchObject({ code: 0, stdout: expect.stringContaining("URL/s") });
    expect((await run(`${line} 2>&1 >/dev/null | true; exit \${PIPESTATUS[0]}`)).code).toBe(0);
  });
});

describe.skipIf(TMUX === undefined)("a terminal that is closed", () => {
  it.each(["--progress bar", "--progress plain", "-q", "--workers 2"])(
    "changes neither downloads nor the exit code, with %s",
    async (options) => {
      let gone = () => {};
      const isGone = new Promise<void>((resolve) => {
        gone = resolve;
      });
      const held: (() => void)[] = [];
      list();
      for (const path of ["/saved-3", "/saved-7"]) {
        site.answers.set(path, (_, response) => void held.push(() => response.end("at last")));
      }
      // In its own session, so that the end of the terminal sends no signal.
      const line = `setsid --wait "${process.execPath}" "${BIN}" urls.txt -c 4 ${options}`;
      const code = inLostTerminal(line, { cwd: folder.path, isTime: () => held.length === 2, gone });
      await isGone;
      for (const answer of held) answer();
      expect(await code).toBe(1);
      expectAll();
    },
  );
});

describe("a stdout that cannot be written", () => {
  it("because its reader ends early ends the report, and nothing else", async () => {
    list();
    const { stdout } = await run(`bulkget urls.txt -q --report - | head -1; echo "left with \${PIPESTATUS[*]}"`);
    expect(stdout).toMatch(/^\{.*\}\nleft with 1 0\n$/);
    expectAll();
  });

  it("because its disk is full is reported, with exit code 1", async () => {
    folder.list([site.url("/a"), site.url("/b")]);
    const { code, stderr } = await run("bulkget urls.txt -q --report - >/dev/full");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("the report on stdout cannot be written"),
    });
    expect(filesOf(folder.at("downloads"))).toHaveLength(2);
  });

  it.each(["--help", "--version", "tune --help"])("is reported, with exit code 3, for %s", async (options) => {
    const { code, stderr } = await run(`bulkget ${options} >/dev/full`);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("stdout cannot be written: ENOSPC") });
    expect(await run(`bulkget ${options} | true; exit \${PIPESTATUS[0]}`)).toMatchObject({ code: 0, stderr: "" });
  });

  it("does not keep bulkget tune from writing its chart", async () => {
    list();
    const { code, stderr } = await run("bulkget tune urls.txt --up-to 1 --step-time 50ms >/dev/full");
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("stdout cannot be written: ENOSPC") });
    expect(filesOf(folder.path)).toContain("tune.svg");
  });
});
