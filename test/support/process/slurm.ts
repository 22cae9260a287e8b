// Starts a Slurm of one node on 127.0.0.1 (slurm.sh), and runs its commands.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, type Ran, ROOT, type RunOptions, shell } from "../command.ts";
import { installed } from "../network/servers.ts";

export interface Slurm {
  /** The ports of slurmctld and slurmd. */
  readonly ports: readonly number[];
  /** Runs a line of bash to its end, with the commands of this Slurm. */
  run(line: string, options: RunOptions): Promise<Ran>;
  close(): Promise<void>;
}

const PROGRAMS = ["slurmctld", "slurmd", "munged", "sbatch"];

/** As slurm.sh: the name of the machine is 127.0.0.1, or can be in a namespace. */
const CAN_LISTEN = `getent ahostsv4 "$(uname -n)" | grep -q '^127\\.0\\.0\\.1 ' || unshare --uts true`;

/** Whether a Slurm can be started; where it cannot, this is said. */
export const HAS_SLURM =
  PROGRAMS.every((program) => installed(program) !== undefined) && spawnSync("bash", ["-c", CAN_LISTEN]).status === 0;
if (!HAS_SLURM)
  console.warn(
    "SKIPPED: no test with a Slurm, which needs slurmctld, slurmd, slurm-client, munge, and root or a name for 127.0.0.1",
  );

/** Maximum number of starts: a port may be taken between its choice and its use. */
const MAX_STARTS = 3;

/** Starts a Slurm whose configuration and state are in a new folder of this one. */
export async function slurm(folder: string): Promise<Slurm> {
  for (let starts = 1; ; starts++) {
    const own = join(folder, `slurm-${starts}`);
    const started = await startIn(own);
    if ("run" in started) return started;
    if (starts === MAX_STARTS) throw new Error(`no Slurm: ${started.problem}`);
  }
}

async function startIn(folder: string): Promise<Slurm | { readonly problem: string }> {
  const script = join(ROOT, "test/support/process/slurm.sh");
  // `cat` ends when its standard input does, also with this process.
  const child = spawn("bash", [script, folder, "bash", "-c", "echo started; cat"], { env: cleanEnv() });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const closed = once(child, "close");
  const [first] = await Promise.race([once(child.stdout, "data"), closed]);
  if (String(first) !== "started\n") return { problem: stderr };
  const configuration = readFileSync(join(folder, "slurm.conf"), "utf8");
  return {
    ports: [...configuration.matchAll(/^Slurm(?:ctl)?dPort=(\d+)$/gm)].map(([, port]) => Number(port)),
    run: (line, options) =>
      shell(line, { ...options, env: { ...options.env, SLURM_CONF: join(folder, "slurm.conf") } }),
    async close() {
      child.stdin.end();
      await closed;
    },
  };
}
