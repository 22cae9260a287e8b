// The buffer pool: a buffer is reused only after it was returned.

import { afterAll, beforeAll, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import { bufferPool } from "../../../src/http/exchange/buffer-pool.ts";
import { collect, testGet } from "../../support/get.ts";
import { type Host, host } from "../../support/rude/host.ts";

let server: Host;

/** `/letter/bytes`: a body of that letter, in pieces; `/letter/bytes/cut`: the rest of it never arrives. */
beforeAll(async () => {
  server = await host((response, { path }) => {
    const [, letter = "", bytes, cut] = path.split("/");
    const body = Buffer.alloc(Number(bytes), letter);
    response.writeHead(200, { "content-length": body.length });
    const sent = cut === undefined ? body : body.subarray(0, body.length / 2);
    for (let at = 0; at < sent.length; at += 3001) response.write(sent.subarray(at, at + 3001));
    if (cut === undefined) response.end();
    else setImmediate(() => response.destroy());
  });
});
afterAll(() => server.close());

it("a returned buffer is acquired again, once", () => {
  const memory = bufferPool();
  const first = memory.acquire(60_000);
  const second = memory.acquire(65_536);
  expect(first.bytes.length).toBeGreaterThanOrEqual(60_000);
  expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
  first.free();
  first.free();
  const third = memory.acquire(40_000);
  expect(third.bytes.buffer).toBe(first.bytes.buffer);
  expect(memory.acquire(40_000).bytes.buffer).not.toBe(first.bytes.buffer);
  first.free(); // a second call does nothing: the buffer is in use again
  expect(memory.acquire(40_000).bytes.buffer).not.toBe(first.bytes.buffer);
});

it("large buffers, and those beyond the total limit, are not kept", () => {
  const memory = bufferPool();
  const large = memory.acquire(1_000_000);
  expect(large.bytes.length).toBeGreaterThanOrEqual(1_000_000);
  large.free();
  expect(memory.acquire(1_000_000).bytes.buffer).not.toBe(large.bytes.buffer);
  const many = Array.from({ length: 65 }, () => memory.acquire(262_144));
  for (const one of many) one.free();
  const again = Array.from({ length: 65 }, () => memory.acquire(262_144).bytes.buffer);
  expect(new Set(again.filter((buffer) => many.some(({ bytes }) => bytes.buffer === buffer))).size).toBe(64);
});

it("the bytes of a body stay unchanged until it is freed, whatever else arrives", async () => {
  const get = testGet();
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  const fetched = (letter: string, i: number) =>
    get.fetch(new URL(`${server.origin}/${letter}/${5000 + i * 2000}${i % 5 === 4 ? "/cut" : ""}`));
  try {
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(letters.map(fetched));
      for (const [i, answer] of answers.entries()) {
        const body = await collect(answer);
        if (isFailure(body)) expect([i % 5, body.error]).toEqual([4, "truncated"]);
        else expect(body.equals(Buffer.alloc(5000 + i * 2000, letters[i]))).toBe(true);
      }
      for (const answer of answers) if (!isFailure(answer)) answer.free?.();
    }
  } finally {
    get.close();
  }
});

it("the buffer of a body is used for the next one once it is freed", async () => {
  const get = testGet();
  try {
    const memoryOf = async (letter: string, isFreed: boolean) => {
      const answer = await get.fetch(new URL(`${server.origin}/${letter}/50000`));
      if (isFailure(answer) || "next" in answer.body) throw new Error("no small body");
      expect(Buffer.concat(answer.body)).toEqual(Buffer.alloc(50_000, letter));
      if (isFreed) answer.free?.();
      return answer.body[0]?.buffer;
    };
    const first = await memoryOf("a", true);
    expect(await memoryOf("b", false)).toBe(first);
    expect(await memoryOf("c", false)).not.toBe(first);
  } finally {
    get.close();
  }
});
