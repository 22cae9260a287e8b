// The channel between processes: rows arrive complete and in order, batched per turn of the event loop.

import { connect, createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { ipcChannel } from "../../src/workers/ipc-channel.ts";
import { rowOf, taskOf } from "../../src/workers/messages.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();

/** Two ends of one pipe. */
async function pipe(): Promise<[Socket, Socket, () => void]> {
  const path = folder.at("pipe");
  const server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const one = connect(path);
  const other = await accepted;
  return [one, other, () => void server.close()];
}

describe("a channel between processes", () => {
  it("delivers every row in order, and sends the rows of one turn in one line", async () => {
    const [one, other, close] = await pipe();
    const taken: unknown[] = [];
    let lines = 0;
    const finished = new Promise<void>((resolve) => other.on("end", resolve));
    ipcChannel<unknown, unknown>(other, (row) => taken.push(row));
    const to = ipcChannel<unknown, unknown>(
      one,
      () => {},
      () => {
        lines++;
        return undefined;
      },
    );
    const rows = Array.from({ length: 1000 }, (_, i) => [i, `line\n${i} \u2028 ü 🙂 ${"x".repeat(i)}`]);
    for (const row of rows.slice(0, 500)) to.put(row);
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    for (const row of rows.slice(500)) to.put(row);
    to.end();
    await finished;
    expect(taken).toEqual(rows);
    expect(lines).toBe(2);
    other.destroy();
    close();
  });

  it("sends nothing after the other process has ended", async () => {
    const [one, other, close] = await pipe();
    const closed = new Promise((resolve) => one.on("close", resolve));
    const to = ipcChannel<unknown, unknown>(one, () => {});
    other.destroy();
    await closed;
    to.put({ a: 1 });
    to.end();
    close();
  });
});

describe("a task sent to a worker", () => {
  const task = {
    job: { n: 7, url: "http://x.test/" },
    ...{
      host: "x.test",
      home: "x.test",
      ahead: undefined,
      holds: 0,
      addedMs: 1000,
      attempts: 1,
      spentMs: 0,
      retriedAfter: undefined,
      refused: undefined,
      started: 9,
      transfer: undefined,
    },
  };

  it("arrives with all that a try needs, in the time of the worker's clock", () => {
    const row = rowOf(3, task, undefined);
    expect(row).toEqual([3, 7, "http://x.test/", 1000]);
    expect(taskOf(row, -400)).toEqual({ ...task, host: "", home: "", addedMs: 600, started: 0 });
  });

  it("arrives with all its details if it is a retry or has more than a URL", () => {
    const job = { n: 7, url: "http://x.test/", name: "a", sha256: "0".repeat(64), list: "l", line: 3 };
    const more = { ...task, job, attempts: 3, spentMs: 12, retriedAfter: ["truncated: x"] };
    const row = JSON.parse(JSON.stringify(rowOf(3, more, { part: true, file: false })));
    expect(row[4].left).toEqual({ part: true, file: false });
    expect(taskOf(row, 0)).toEqual({ ...more, host: "", home: "", started: 0 });
  });
});
