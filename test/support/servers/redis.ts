// A Redis of the test's own, on a Unix socket in the test's folder, which can be killed and started again.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";

/** Why there is no Redis here; undefined where it is installed. */
export const noRedis: string | undefined =
  spawnSync("redis-server", ["--version"]).status === 0 ? undefined : "redis-server is not installed";

export interface OwnRedis {
  /** The value of --queue. */
  readonly url: string;
  /** Sends one command in its inline form, such as "FLUSHALL"; returns the first line of the answer. */
  send(command: string): Promise<string>;
  /** Kills it, and starts it again with what its append-only file has. */
  killAndRestart(): Promise<void>;
  close(): Promise<void>;
}

/** `settings`: further words of its command line. */
export async function ownRedis(folder: string, settings: readonly string[] = []): Promise<OwnRedis> {
  const socket = join(folder, "redis.sock");
  const files = ["--dir", folder, "--appendonly", "yes", "--save", ""];
  const words = ["--port", "0", "--unixsocket", socket, ...files, ...settings];
  let child = await started(words, socket);
  return {
    url: `unix:${socket}`,
    send: (command) => answer(socket, command),
    async killAndRestart() {
      await ended(child);
      child = await started(words, socket);
    },
    close: () => ended(child),
  };
}

async function started(words: readonly string[], socket: string): Promise<ChildProcess> {
  const child = spawn("redis-server", words, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    let log = "";
    child.on("error", reject);
    child.on("close", () => reject(new Error(log)));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (/ready to accept connections/i.test(log)) resolve();
    });
  });
  if ((await answer(socket, "PING")) !== "+PONG") throw new Error("Redis does not answer");
  return child;
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.on("close", () => resolve());
    child.kill("SIGKILL");
  });
}

function answer(socket: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket);
    let text = "";
    connection.on("error", reject);
    connection.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      if (!text.includes("\r\n")) return;
      connection.destroy();
      resolve(text.split("\r\n", 1)[0] ?? "");
    });
    connection.write(`${command}\r\n`);
  });
}
