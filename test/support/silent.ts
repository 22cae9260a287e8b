// An address that drops whoever wants to connect, as a dead machine does: the queue of its listener is full and stays so.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface Silent {
  readonly port: number;
  close(): Promise<void>;
}

const BACKLOG = 1;
const PATIENCE_MS = 20_000;
/** As /proc/net/tcp has it. */
const LISTENING = "0A";

/** Listens there in a process that is stopped, and fills its queue: what comes after that never connects. */
export async function silentAt(host: string, port = 0): Promise<Silent> {
  const script = `const s = require("net").createServer();
    s.listen(${port}, "${host}", ${BACKLOG}, () => console.log(s.address().port));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  const own = Number(String(said));
  child.kill("SIGSTOP");
  const fillers: Socket[] = [];
  const close = async () => {
    for (const filler of fillers) filler.destroy();
    child.kill("SIGKILL");
    await once(child, "close");
  };
  // A connection says nothing of the queue: on a busy machine Linux drops one for which there was room, or answers one
  // (by a SYN cookie) that it then has none for.
  const untilMs = performance.now() + PATIENCE_MS;
  while (queuedBy(child.pid ?? 0) <= BACKLOG) {
    if (performance.now() > untilMs) {
      await close();
      throw new Error(`the queue of ${host}:${own} does not fill up`);
    }
    fillers.push(connect(own, host).on("error", () => {}));
    await sleep(10);
  }
  return { port: own, close };
}

/** How many connections wait to be accepted by the one listener of a process; Linux takes one more than the backlog. */
function queuedBy(pid: number): number {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].filter((table) => existsSync(table));
  for (const line of tables.flatMap((table) => readFileSync(table, "utf8").split("\n"))) {
    const [, , , state, queues = "", , , , , inode] = line.trim().split(/\s+/);
    if (state === LISTENING && sockets.includes(`socket:[${inode}]`)) return Number.parseInt(queues.slice(9), 16);
  }
  throw new Error(`process ${pid} listens nowhere`);
}
