// Signals that were ignored when the command was started, by nohup, `trap ''` or `&` in a script, do not stop it.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, cleanEnv, filesOf, type Ran } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";
import { inLostTerminal, TMUX } from "../../support/process/terminal.ts";

const site = ownSite();
const folder = ownFolder();

const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;
type StopSignal = (typeof SIGNALS)[number];

const OPTIONS = "urls.txt -c 1 --progress plain";
/** The executable file, as it is installed. */
const INSTALLED = `"$BIN" ${OPTIONS}`;
/** Node runs the file, without its shebang. */
const BY_NODE = `"$NODE" "$BIN" ${OPTIONS}`;

/** Far more URLs than one slot fetches before a signal arrives: a stopped run fetches fewer. */
const URLS = 50;

/** Writes a list whose first URL is answered when `answer` is called. */
function list(): { readonly isAsked: () => boolean; answer(): void } {
  let held: (() => void) | undefined;
  site.answers.set("/1", (_, response) => {
    held = () => response.end("at last");
  });
  folder.list(Array.from({ length: URLS }, (_, i) => site.url(`/${i + 1}`)));
  return { isAsked: () => held !== undefined, answer: () => held?.() };
}

/** Runs a shell line in its own process group, and calls `act` with the command's pid once the first URL is requested. */
async function run(shell: readonly string[], line: string, act: (pid: number) => void | Promise<void>): Promise<Ran> {
  const { isAsked, answer } = list();
  const [program = "", ...args] = shell;
  const env = cleanEnv({ BIN, NODE: process.execPath, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` });
  const child = spawn(program, [...args, "-c", line], { cwd: folder.path, env, detached: true });
  let stdout = "";
  let stderr = "";
  child.stdin.end();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ran>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  await expect.poll(isAsked, { timeout: 20_000 }).toBe(true);
  await act(pidOfRun());
  answer();
  return await ended;
}

/** The pid in the lock file. */
function pidOfRun(): number {
  return (JSON.parse(readFileSync(folder.at("downloads/.bulkget/lock"), "utf8")) as { pid: number }).pid;
}

const send = (signal: NodeJS.Signals) => (pid: number) => void process.kill(pid, signal);

function expectAll({ code, signal, stderr }: Ran): void {
  expect({ code, signal }, stderr).toEqual({ code: 0, signal: null });
  expect(stderr).not.toMatch(/finishing|debugger/i);
  expect(filesOf(folder.at("downloads"))).toHaveLength(URLS);
}

function expectStopped({ stderr }: Ran, signal: StopSignal): void {
  expect(stderr).toContain(`${signal}: finishing what is in flight`);
  expect(filesOf(folder.at("downloads")).length).toBeLessThan(URLS);
}

describe("a signal that was ignored at the start stays ignored", () => {
  it.each(
    SIGNALS.flatMap((signal) => [
      [signal, "sh", INSTALLED],
      [signal, "bash", INSTALLED],
      [signal, "sh", BY_NODE],
      [signal, "bash", BY_NODE],
    ]) as [StopSignal, string, string][],
  )("%s, by `trap ''` in %s: %s", async (signal, shell, command) => {
    // The command is not the last one, which the shell would exec.
    expectAll(await run([shell], `trap '' ${signal.slice(3)}; ${command}; exit $?`, send(signal)));
  });

  it.each(SIGNALS)("%s, by `trap ''` in a shell that execs the command", async (signal) => {
    expectAll(await run(["sh"], `trap '' ${signal.slice(3)}; exec ${INSTALLED}`, send(signal)));
  });

  it("SIGHUP, SIGINT and SIGTERM, all sent twice", async () => {
    const act = (pid: number) => {
      for (const signal of SIGNALS) process.kill(pid, signal);
      for (const signal of SIGNALS) process.kill(pid, signal);
    };
    expectAll(await run(["sh"], `trap '' HUP INT TERM; exec ${INSTALLED}`, act));
  });

  it.each([
    ["sh", INSTALLED],
    ["bash", INSTALLED],
    ["bash", BY_NODE],
  ])("SIGHUP, by nohup in %s with redirected streams: %s", async (shell, command) => {
    expectAll(await run([shell], `nohup ${command} < /dev/null`, send("SIGHUP")));
  });

  it("SIGINT, in a background job of a script", async () => {
    expectAll(await run(["sh"], `${INSTALLED} & wait $!`, send("SIGINT")));
  });

  it("SIGHUP, in all processes of --workers 2", async () => {
    const act = (pid: number) => {
      const group = Number(
        readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ")[2],
      );
      process.kill(-group, "SIGHUP");
    };
    expectAll(await run(["sh"], `trap '' HUP; "$BIN" urls.txt -c 2 --per-host 1 --workers 2; exit $?`, act));
  });

  it("SIGTERM, in bulkget tune", async () => {
    const line = `trap '' TERM; exec "$BIN" tune urls.txt --up-to 1 --step-time 1s 2>&1 >/dev/null`;
    const { isAsked, answer } = list();
    const env = cleanEnv({ BIN, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` });
    const child = spawn("sh", ["-c", line], { cwd: folder.path, env });
    const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
    child.stdout.resume();
    await expect.poll(isAsked, { timeout: 20_000 }).toBe(true);
    child.kill("SIGTERM");
    site.answers.delete("/1");
    answer();
    expect(await ended).toEqual({ code: 0, signal: null });
  });
});

describe.skipIf(TMUX === undefined)("SIGHUP from a terminal that closes", () => {
  it.each([
    ["stdout and stderr in nohup.out", ""],
    ["stdout and stderr in a log", ">log 2>&1"],
    ["only stdin redirected", "<urls.txt"],
  ])("does not stop a command started by nohup, with %s", async (_, redirected) => {
    const { isAsked, answer } = list();
    // Without bash's variable `_` in the environment.
    const line = `env -u _ nohup "${process.execPath}" "${BIN}" ${OPTIONS} ${redirected}`;
    const gone = () => {
      process.kill(pidOfRun(), "SIGHUP"); // as the shell does, or the kernel after the shell has ended
      answer();
    };
    const code = inLostTerminal(line, { cwd: folder.path, isTime: isAsked, gone });
    expect(await code).toBe(0);
    expect(filesOf(folder.at("downloads"))).toHaveLength(URLS);
  });
});

describe("a signal that was not ignored at the start", () => {
  it.each([
    ["installed as an executable", "sh", INSTALLED],
    ["run by node", "bash", BY_NODE],
  ])("stops the command %s while another signal is ignored", async (_, shell, command) => {
    expectStopped(await run([shell], `trap '' HUP; ${command}; exit $?`, send("SIGTERM")), "SIGTERM");
  });

  it("stops a command started by an interactive shell, which ignores the signal for itself", async () => {
    const isInteractive = ["bash", "--norc", "-i"];
    expectStopped(await run(isInteractive, `${BY_NODE}; exit $?`, send("SIGTERM")), "SIGTERM");
  });

  it("stops the command although its environment claims that the signal is ignored", async () => {
    const line = `export _BULKGET_SIGIGN="1 00000000ffffffff"; exec ${BY_NODE}`;
    expectStopped(await run(["sh"], line, send("SIGTERM")), "SIGTERM");
  });
});

describe("SIGUSR1", () => {
  /** Whether a process has installed its signal handlers. */
  const isReady = (pid: number) => {
    const [, caught = "0"] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return (BigInt(`0x${caught}`) & 1n) === 1n; // SIGHUP, which Node itself does not catch
  };

  it("opens no debugger and does not stop the run, in any process of --workers 2", async () => {
    const act = async (pid: number) => {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
      expect(children).toHaveLength(1);
      for (const each of [pid, ...children]) {
        await expect.poll(() => isReady(each), { timeout: 20_000 }).toBe(true);
        process.kill(each, "SIGUSR1");
      }
    };
    expectAll(await run(["sh"], `exec "$NODE" "$BIN" urls.txt -c 2 --per-host 1 --workers 2`, act));
  });
});
