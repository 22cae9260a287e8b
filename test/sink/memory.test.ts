// Bodies handed over: whole, in one piece, or the failure that cut them short.
import { expect, it } from "vitest";
import { memorySink } from "../../src/sink/memory.ts";
import { answer, bodyOf, JOB, TARGET } from "./bodies.ts";

const [one, two] = [Uint8Array.from([1, 2]), Uint8Array.from([3])];
const failure = { error: "truncated", detail: "cut short" } as const;

it.each([
  ["no pieces", [], []],
  ["one piece", [one], [1, 2]],
  ["several pieces", [one, two], [1, 2, 3]],
])("a body of %s is handed over as one Uint8Array", async (_what, pieces, bytes) => {
  for (const body of [pieces, bodyOf([pieces]), bodyOf(pieces.map((piece) => [piece]))]) {
    const stored = await memorySink().write(JOB, TARGET, answer(body));
    expect(stored).toStrictEqual({ bytes: bytes.length, body: Uint8Array.from(bytes) });
  }
});

it("a body that ends in a failure is that failure", async () => {
  expect(await memorySink().write(JOB, TARGET, answer(bodyOf([[one]], failure)))).toBe(failure);
});

it("a body owns its bytes: it can be transferred to a worker without another's", async () => {
  const stored = await memorySink().write(JOB, TARGET, answer([one, two]));
  expect("body" in stored && stored.body?.buffer.byteLength).toBe(3);
});
