// After a standstill of this process (^Z, suspend), data that arrived meanwhile is read before timeouts are checked.

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import { collect, testGet } from "../../support/get.ts";

/** A server on another thread: reports a request, waits until this thread stands still, and answers then. */
const SERVER = `
  const { parentPort, workerData: { answer, turn } } = require("node:worker_threads");
  const server = require("node:net").createServer((socket) => {
    socket.on("error", () => {}).once("data", () => {
      parentPort.postMessage("asked");
      Atomics.wait(turn, 0, 0);
      socket.write(answer, () => {
        Atomics.store(turn, 0, 2);
        Atomics.notify(turn, 0);
      });
    });
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;
const TIMEOUT_MS = 1000;
const PATIENCE_MS = 20_000;

let worker: Worker | undefined;
afterEach(async () => {
  await worker?.terminate();
});

it.each([
  ["an answer", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Buffer.from("ok")],
  ["headers without a body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", { error: "body_timeout" }],
])("data that arrived during a standstill is read before the timeout is checked: %s", async (_, answer, expected) => {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  worker = new Worker(SERVER, { eval: true, workerData: { answer, turn } });
  const [port] = (await once(worker, "message")) as [number];
  const get = testGet({ timeoutMs: TIMEOUT_MS });
  const asked = once(worker, "message");
  const got = get.fetch(new URL(`http://127.0.0.1:${port}/`));
  await asked;
  // After the poll phase of the event loop, so that timers run first in the next turn.
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      Atomics.store(turn, 0, 1);
      Atomics.notify(turn, 0);
      expect(Atomics.wait(turn, 0, 1, PATIENCE_MS)).not.toBe("timed-out");
      Atomics.wait(turn, 0, 2, TIMEOUT_MS); // waits for the whole timeout: the standstill
      resolve();
    });
  });
  expect(await collect(await got)).toMatchObject(expected);
  get.close();
});
