// An interactive shell in a terminal of its own: keys are typed into it, as a person would.

import { spawn } from "node:child_process";
import { cleanEnv } from "./command.ts";
import { installed } from "./servers.ts";

/** util-linux's, which makes the terminal; those of other systems have other options. */
const SCRIPT = process.platform === "linux" ? installed("script") : undefined;

/** How each is started without a configuration of the user's. */
const STARTS = { bash: "bash --norc --noprofile -i", zsh: "zsh -f -i" } as const;

export type InteractiveShell = keyof typeof STARTS;

/** Whether there is one; where there is not, that is printed. */
export function hasShell(shell: InteractiveShell): boolean {
  const there = SCRIPT !== undefined && installed(shell) !== undefined;
  if (!there) console.warn(`SKIPPED: no completion was tried in ${shell}, which is not installed`);
  return there;
}

const PATIENCE_MS = 30_000;

/**
 * Runs `setup`, a line; then types each of `keys`, a line without its end. In it `bulkget` prints its arguments, each in
 * brackets. Returns what it printed for each.
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
  child.stdin.on("error", () => {}); // it may have ended
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
    // What is echoed is not yet what is printed: that is the sum.
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
