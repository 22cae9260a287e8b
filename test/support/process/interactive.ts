// Types keys into an interactive bash or zsh in a pseudo-terminal, for tests of completion.

import { spawn } from "node:child_process";
import { cleanEnv } from "../command.ts";
import { installed } from "../network/servers.ts";

/** script(1) of util-linux, which creates the pseudo-terminal; other systems' have other options. */
const SCRIPT = process.platform === "linux" ? installed("script") : undefined;

/** The commands that start the shells without the user's configuration. */
const STARTS = { bash: "bash --norc --noprofile -i", zsh: "zsh -f -i" } as const;

export type InteractiveShell = keyof typeof STARTS;

/** Whether the shell can be used; prints a warning if not. */
export function hasShell(shell: InteractiveShell): boolean {
  const there = SCRIPT !== undefined && installed(shell) !== undefined;
  if (!there) console.warn(`SKIPPED: completion in ${shell}, which is not installed`);
  return there;
}

const PATIENCE_MS = 30_000;

/**
 * Runs the line `setup`, then types each line of `keys` with a line end. In this shell, `bulkget` prints its arguments in
 * brackets. Returns the printed arguments for each line.
 */
export async function typed(
  shell: InteractiveShell,
  { cwd, setup, keys }: { readonly cwd: string; readonly setup: string; readonly keys: readonly string[] },
): Promise<string[]> {
  const env = { ...cleanEnv(), TERM: "xterm", LC_ALL: "C.UTF-8" };
  const child = spawn(SCRIPT ?? "", ["-qec", STARTS[shell], "/dev/null"], { cwd, env });
  let screen = "";
  let onOutput = () => {};
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen += text;
    onOutput();
  });
  child.stdin.on("error", () => {}); // the shell may have ended
  const shown = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`not shown: ${pattern}; but ${JSON.stringify(screen)}`)),
        PATIENCE_MS,
      );
      onOutput = () => {
        const match = pattern.exec(screen);
        if (match === null) return;
        clearTimeout(timer);
        screen = screen.slice(match.index + match[0].length);
        resolve(match[1] ?? "");
      };
      onOutput();
    });
  try {
    // The echo of the typed line contains the sum, the output its result: this distinguishes them.
    child.stdin.write(
      `${setup}\nbulkget() { printf 'got:'; printf '[%s]' "$@"; echo :$((40+2)); }; echo ready$((40+2))\n`,
    );
    await shown(/ready42/);
    const got: string[] = [];
    for (const line of keys) {
      child.stdin.write(`${line}\n`);
      got.push(await shown(/got:(.*):42/));
    }
    return got;
  } finally {
    child.kill("SIGKILL");
  }
}
