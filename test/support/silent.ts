// An address that drops whoever wants to connect, as a dead machine does: the queue of its listener is full and stays so.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";

export interface Silent {
  close(): Promise<void>;
}

/** Listens there in a process that is stopped, and fills its queue: what comes after that never connects. */
export async function silentAt(host: string, port: number): Promise<Silent> {
  const script = `require("net").createServer().listen(${port}, "${host}", 1, () => console.log("ready"));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  child.kill("SIGSTOP");
  // As many as the queue takes are connected at once; what comes after them never is.
  const fillers = Array.from({ length: 8 }, () => connect(port, host).on("error", () => {}));
  await Promise.race(fillers.map((filler) => once(filler, "connect")));
  return {
    async close() {
      for (const filler of fillers) filler.destroy();
      child.kill("SIGKILL");
      await once(child, "close");
    },
  };
}
