// A file system of a fixed size in memory, for tests of full disks.

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { temporaryFolder } from "../command.ts";

export interface Tmpfs {
  /** Changes mount options, such as "size=64m". */
  remount(options: string): void;
  close(): void;
}

/** Mounts a tmpfs at `path`, which is created; everybody may write there. Throws mount's error. */
export function tmpfs(path: string, size: string): Tmpfs {
  mkdirSync(path, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=777`, "bulkget-test", path], { stdio: "pipe" });
  return {
    remount: (options) => void execFileSync("mount", ["-o", `remount,${options}`, path], { stdio: "pipe" }),
    close: () => void execFileSync("umount", ["--lazy", path], { stdio: "pipe" }),
  };
}

/** The reason why no tmpfs can be mounted here; undefined if it can. */
export const noTmpfs: string | undefined = (() => {
  const trial = temporaryFolder();
  try {
    tmpfs(trial.path, "64k").close();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    trial.remove();
  }
})();
