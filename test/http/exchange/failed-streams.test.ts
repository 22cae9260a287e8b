// The bytes of a body that failed while they waited for the disk: a part of the body may be kept, so they must stay as received.

import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import type { Answer } from "../../../src/core/ports.ts";
import { collectPart, testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";
import { listen } from "../../support/rude/listen.ts";

const LENGTH = 100_000;

it("the waiting bytes of a truncated body are not overwritten by the next body", async () => {
  const closed: Promise<unknown>[] = [];
  const answer = async (socket: Socket) => {
    const isFirst = closed.length === 0;
    closed.push(once(socket, "close"));
    socket.on("error", () => {});
    await once(socket, "data");
    // The memory of the first body is free at the latest when the client has closed its connection.
    if (!isFirst) await closed[0];
    const data = (isFirst ? "a" : "b").repeat(LENGTH);
    socket.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${(2 * LENGTH).toString(16)}\r\n${data}`);
  };
  const server = createServer((socket) => void answer(socket));
  const { port } = own(await listen(server));
  const get = own(testGet());
  const first = (await get.fetch(new URL(`http://127.0.0.1:${port}/`))) as Answer;
  const second = (await get.fetch(new URL(`http://127.0.0.1:${port}/`))) as Answer;
  const [one, other] = [await collectPart(first), await collectPart(second)];
  expect([one.failure?.error, other.failure?.error]).toEqual(["truncated", "truncated"]);
  expect(one.bytes.equals(Buffer.alloc(LENGTH, "a"))).toBe(true);
  expect(other.bytes.equals(Buffer.alloc(LENGTH, "b"))).toBe(true);
});
