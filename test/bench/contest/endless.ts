// Lists too long for files: one child process writes the URLs into a pipe, another one removes the downloads.

import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { urlOf, type Workload } from "./workloads.ts";

export interface Endless {
  /** The path of the named pipe for the standard input. */
  readonly pipe: string;
  /** Call after the downloads: resolves to an error message, or undefined. */
  problem(): Promise<string | undefined>;
  close(): void;
}

export function endless(workload: Workload, port: number, pipe: string, out: string): Endless {
  execFileSync("mkfifo", [pipe]);
  const prefix = urlOf(workload, port, 0).replace(/0+$/, "");
  const writer = spawn(process.execPath, [script("./generate.js"), pipe, prefix, `${workload.urls}`], {
    stdio: "ignore",
  });
  const sweeper = fork(script("./sweep.js"), [out, `${workload.bytes}`], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return {
    pipe,
    async problem() {
      const { files, wrongSizes } = await lastWordOf(sweeper);
      if (files !== workload.urls) return `${files} files, not ${workload.urls}`;
      return wrongSizes === 0 ? undefined : `${wrongSizes} of the files looked at are not of ${workload.bytes} bytes`;
    },
    close() {
      // SIGKILL, because a writer whose pipe has no reader is blocked in open().
      writer.kill("SIGKILL");
      sweeper.kill("SIGKILL");
    },
  };
}

function lastWordOf(sweeper: ChildProcess): Promise<{ readonly files: number; readonly wrongSizes: number }> {
  return new Promise((resolve, reject) => {
    sweeper.once("exit", () => reject(new Error("the sweeper ended before it was asked to")));
    sweeper.once("message", (message) => {
      if (isCount(message)) resolve(message);
      else reject(new Error("the sweeper did not say what it removed"));
    });
    sweeper.send("over", (error) => {
      if (error !== null) reject(error);
    });
  });
}

function isCount(message: unknown): message is { readonly files: number; readonly wrongSizes: number } {
  return typeof message === "object" && message !== null && "files" in message && "wrongSizes" in message;
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
