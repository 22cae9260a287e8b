// Bodies in memory: complete and in one piece, or the failure that cut them off.
import { expect, it } from "vitest";
import { memorySink } from "../../src/sink/memory.ts";
import { answer, bodyOf, JOB, TARGET } from "./bodies.ts";

const [one, two] = [Uint8Array.from([1, 2]), Uint8Array.from([3])];
const failure = { error: "truncated", detail: "cut short" } as const;

it.each([
  ["no pieces", [], []],
  ["one piece", [one], [1, 2]],
  ["several pieces", [one, two], [1, 2, 3]],
])("a body of %s is returned as one Uint8Array", async (_what, pieces, bytes) => {
  for (const body of [pieces, bodyOf([pieces]), bodyOf(pieces.map((piece) => [piece]))]) {
    const stored = await memorySink().write(JOB, TARGET, answer(body));
    expect(stored).toStrictEqual({ bytes: bytes.length, body: Uint8Array.from(bytes) });
  }
});

it("a body in memory that ends in a failure returns that failure", async () => {
  expect(await memorySink().write(JOB, TARGET, answer(bodyOf([[one]], failure)))).toBe(failure);
});

it("a body in memory has an ArrayBuffer of its own, which can be transferred to a worker", async () => {
  const stored = await memorySink().write(JOB, TARGET, answer([one, two]));
  expect("body" in stored && stored.body?.buffer.byteLength).toBe(3);
});
