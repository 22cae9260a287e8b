// Addresses that drop connections, as a dead machine does: the accept queue of their listener stays full.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface Silent {
  readonly port: number;
  close(): Promise<void>;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

const BACKLOG = 1;
const PATIENCE_MS = 20_000;
/** The state LISTEN in /proc/net/tcp. */
const LISTENING = "0A";

/** Listens in a stopped process, and fills the accept queue, so that further connections never complete. */
export async function silentAt(host: string, port = 0): Promise<Silent> {
  const { endpoints, close } = await allSilentAt([{ host, port }]);
  return { port: endpoints[0]?.port ?? 0, close };
}

/** Makes many addresses silent, in one process; returns them with their ports. */
export async function allSilentAt(
  wanted: readonly Endpoint[],
): Promise<{ readonly endpoints: readonly Endpoint[]; close(): Promise<void> }> {
  const script = `const wanted = ${JSON.stringify(wanted)};
    const servers = wanted.map(({ host, port }) => require("net").createServer().listen({ host, port, backlog: ${BACKLOG} }));
    setInterval(() => {}, 60_000);
    Promise.all(servers.map((server) => require("events").once(server, "listening")))
      .then(() => console.log(JSON.stringify(servers.map((server) => [server.address().port, server._handle.fd]))));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  for await (const piece of child.stdout.setEncoding("utf8")) {
    said += piece;
    if (said.endsWith("\n")) break;
  }
  const opened = (JSON.parse(said) as (readonly [port: number, fd: number])[]).map(([port, fd], i) => ({
    host: wanted[i]?.host ?? "",
    port,
    socket: readlinkSync(`/proc/${child.pid}/fd/${fd}`),
  }));
  child.kill("SIGSTOP");
  const fillers: Socket[] = [];
  const close = async () => {
    for (const filler of fillers) filler.destroy();
    child.kill("SIGKILL");
    await once(child, "close");
  };
  // A connection does not show the state of the queue: on a busy machine Linux drops one although there is room, or
  // answers one by a SYN cookie although there is none.
  const untilMs = performance.now() + PATIENCE_MS;
  for (let open = opened; open.length > 0; ) {
    const queued = queues();
    open = opened.filter(({ socket }) => (queued.get(socket) ?? 0) <= BACKLOG);
    if (performance.now() > untilMs) {
      await close();
      throw new Error(`the queue of ${open[0]?.host}:${open[0]?.port} does not fill up`);
    }
    for (const { host, port } of open) fillers.push(connect(port, host).on("error", () => {}));
    await sleep(10);
  }
  return { endpoints: opened, close };
}

/** Number of connections in the accept queue of each listener, by its name in /proc/PID/fd; Linux allows backlog + 1. */
function queues(): ReadonlyMap<string, number> {
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].filter((table) => existsSync(table));
  const lines = tables.flatMap((table) => readFileSync(table, "utf8").split("\n"));
  return new Map(
    lines.flatMap((line) => {
      const [, , , state, waiting = "", , , , , inode] = line.trim().split(/\s+/);
      return state === LISTENING ? [[`socket:[${inode}]`, Number.parseInt(waiting.slice(9), 16)] as const] : [];
    }),
  );
}
