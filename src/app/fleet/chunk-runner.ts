// Starts the process that downloads chunks, gives it one after the other, and replaces it when it has died.

import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { Lease } from "../../queue/consumer.ts";
import { ipcChannel } from "../../workers/ipc-channel.ts";
import type { ChunkEnd, ChunkProgress, ChunkTask, FromChunks, ToChunks } from "./messages.ts";

/** A stopped process that has not ended after this time is killed, in milliseconds: URLs in flight get five seconds. */
const KILL_DELAY_MS = 10_000;

export interface ChunkRunner {
  /** Runs a chunk. Never rejects. When the lease is lost, the process is killed; it ends itself where this one is suspended. */
  run(task: ChunkTask, lease: RunLease, onProgress: (progress: ChunkProgress) => void): Promise<ChunkEnd>;
  /** Ends the chunk under way: what is in flight may finish. */
  stop(): void;
  /** Ends the process, if there is one. */
  close(): Promise<void>;
}

export type RunLease = Pick<Lease, "lost" | "onHeld">;

interface Child {
  readonly process: ChildProcess;
  readonly put: (message: ToChunks) => void;
  /** Resolves when the process has ended, with how. */
  readonly gone: Promise<string>;
  onMessage: (message: FromChunks) => void;
  onGone: (how: string) => void;
}

/** `program`: the path of its file. */
export function chunkRunner(program: string, note: (text: string) => void): ChunkRunner {
  let child: Child | undefined;

  const start = (): Child => {
    const process_ = spawn(process.execPath, [...process.execArgv, program], {
      stdio: ["ignore", "ignore", "inherit", "pipe"],
    });
    const pipe = process_.stdio[3] as Socket;
    const channel = ipcChannel<ToChunks, FromChunks>(pipe, (message) => started.onMessage(message));
    const gone = new Promise<string>((resolve) => {
      process_.on("error", (error) => resolve(error.message));
      process_.on("close", (code, signal) => resolve(signal ?? `exit ${code}`));
    });
    const started: Child = { process: process_, put: channel.put, gone, onMessage: () => {}, onGone: () => {} };
    void gone.then((how) => {
      if (child === started) child = undefined;
      started.onGone(how);
    });
    return started;
  };

  return {
    async run(task, { lost, onHeld }, onProgress) {
      child ??= start();
      const at = child;
      const kill = () => {
        at.process.kill("SIGKILL");
        if (child === at) child = undefined; // the next chunk gets a new one, even if the end of this one is on its way
      };
      lost.addEventListener("abort", kill, { once: true });
      try {
        if (lost.aborted) kill();
        return await new Promise<ChunkEnd>((resolve) => {
          at.onMessage = (message) => {
            if ("end" in message) resolve(message.end);
            else if ("progress" in message) onProgress(message.progress);
            else note(message.note);
          };
          at.onGone = (how) => resolve({ how: "failed", reason: `its process ended: ${how}` });
          at.put({ task });
          onHeld((heldUntilMs) => at.put({ heldUntilMs }));
        });
      } finally {
        lost.removeEventListener("abort", kill);
        onHeld(() => {});
        [at.onMessage, at.onGone] = [() => {}, () => {}];
      }
    },
    stop() {
      const at = child;
      at?.put({ stop: true });
      if (at !== undefined) setTimeout(() => at.process.kill("SIGKILL"), KILL_DELAY_MS).unref();
    },
    async close() {
      const at = child;
      if (at === undefined) return;
      at.process.stdio[3]?.destroy();
      const timer = setTimeout(() => at.process.kill("SIGKILL"), KILL_DELAY_MS);
      await at.gone;
      clearTimeout(timer);
    },
  };
}
