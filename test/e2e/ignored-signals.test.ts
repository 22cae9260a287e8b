// Signals that whoever started the command wants ignored, by nohup, `trap ''` or `&` in a script, do not stop it.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, cleanEnv, filesOf, type Ran } from "../support/command.ts";
import { ownFolder, ownSite } from "../support/own.ts";
import { inLostTerminal, TMUX } from "../support/terminal.ts";

const site = ownSite();
const folder = ownFolder();

const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;
type StopSignal = (typeof SIGNALS)[number];

const OPTIONS = "urls.txt -c 1 --progress plain";
/** The executable file, as `bulkget` is where it is installed. */
const INSTALLED = `"$BIN" ${OPTIONS}`;
/** Node is started without it. */
const BY_NODE = `"$NODE" "$BIN" ${OPTIONS}`;

/** Far more than are asked for, one at a time, until a signal is seen: whoever has stopped asks for no more. */
const URLS = 50;

/** A list of which the first URL has its answer when that is called. */
function list(): { readonly isAsked: () => boolean; answer(): void } {
  let held: (() => void) | undefined;
  site.answers.set("/1", (_, response) => {
    held = () => response.end("at last");
  });
  folder.list(Array.from({ length: URLS }, (_, i) => site.url(`/${i + 1}`)));
  return { isAsked: () => held !== undefined, answer: () => held?.() };
}

/** Runs a line of a shell, in a process group of its own, and calls `act` with the command's process id when it has asked for the first URL. */
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

/** As the lock says. */
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
  expect(stderr).toContain(`${signal}: finishing what is under way`);
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
  )("%s: `trap ''` of %s, %s", async (signal, shell, command) => {
    // Not the last command, which the shell would become itself.
    expectAll(await run([shell], `trap '' ${signal.slice(3)}; ${command}; exit $?`, send(signal)));
  });

  it.each(SIGNALS)("%s: `trap ''` of a shell that becomes the command", async (signal) => {
    expectAll(await run(["sh"], `trap '' ${signal.slice(3)}; exec ${INSTALLED}`, send(signal)));
  });

  it("all of them at once", async () => {
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
  ])("SIGHUP: nohup in %s, everything redirected, %s", async (shell, command) => {
    expectAll(await run([shell], `nohup ${command} < /dev/null`, send("SIGHUP")));
  });

  it("SIGINT: a script's job in the background, as its shell wants", async () => {
    expectAll(await run(["sh"], `${INSTALLED} & wait $!`, send("SIGINT")));
  });

  it("by all processes of several, which a terminal sends it to", async () => {
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

  it("by tune", async () => {
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

describe.skipIf(TMUX === undefined)("SIGHUP of a terminal that goes", () => {
  it.each([
    ["stdout and stderr in nohup.out", ""],
    ["stdout and stderr in a log", ">log 2>&1"],
    ["only stdin is not the terminal", "<urls.txt"],
  ])("does not stop what nohup has started: %s", async (_, redirected) => {
    const { isAsked, answer } = list();
    // Without what bash says of it in the environment.
    const line = `env -u _ nohup "${process.execPath}" "${BIN}" ${OPTIONS} ${redirected}`;
    const gone = () => {
      process.kill(pidOfRun(), "SIGHUP"); // as its shell does, or the system for one that has ended
      answer();
    };
    const code = inLostTerminal(line, { cwd: folder.path, isTime: isAsked, gone });
    expect(await code).toBe(0);
    expect(filesOf(folder.at("downloads"))).toHaveLength(URLS);
  });
});

describe("a signal that was not ignored at the start", () => {
  it.each([
    ["the installed command", "sh", INSTALLED],
    ["node", "bash", BY_NODE],
  ])("stops it: %s, where another one was ignored", async (_, shell, command) => {
    expectStopped(await run([shell], `trap '' HUP; ${command}; exit $?`, send("SIGTERM")), "SIGTERM");
  });

  it("stops it, though the interactive shell that started it ignores it for itself", async () => {
    const isInteractive = ["bash", "--norc", "-i"];
    expectStopped(await run(isInteractive, `${BY_NODE}; exit $?`, send("SIGTERM")), "SIGTERM");
  });

  it("stops it, whatever another process has left in the environment", async () => {
    const line = `export _BULKGET_SIGIGN="1 00000000ffffffff"; exec ${BY_NODE}`;
    expectStopped(await run(["sh"], line, send("SIGTERM")), "SIGTERM");
  });
});

describe("SIGUSR1", () => {
  /** Whether a process has begun to catch signals itself. */
  const isReady = (pid: number) => {
    const [, caught = "0"] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return (BigInt(`0x${caught}`) & 1n) === 1n; // SIGHUP, which Node does not catch
  };

  it("opens no debugger and stops nothing, in no process of several", async () => {
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
