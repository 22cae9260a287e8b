// The completion scripts of bash, zsh and fish, made from the option table.

import type { SHELLS } from "../subcommands/commands.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { zshScript } from "./zsh.ts";

/** One row per shell. */
const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], () => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export function completionScript(shell: (typeof SHELLS)[number]): string {
  return SCRIPTS[shell]();
}
