// The queue of a body that is still arriving: no piece is lost, doubled or changed, by `next` or by `pour`.
import { expect, it } from "vitest";
import { bodyQueue, PAUSE_BYTES } from "../../../src/http/exchange/body-stream.ts";

/** Pushes a text as a connection does: from a buffer that is overwritten after the call. */
function pushed(body: ReturnType<typeof bodyQueue>, content: string): boolean {
  const shared = Buffer.from(content);
  const goesOn = body.push(shared, false);
  shared.fill("#");
  return goesOn;
}

const never = () => expect.unreachable("nobody asked for it");

it("next returns all pushed pieces in order, then the end", async () => {
  const body = bodyQueue([Buffer.from("a")], never, never);
  pushed(body, "b");
  expect(Buffer.concat((await body.next()) as Buffer[]).toString()).toBe("ab");
  const later = body.next();
  pushed(body, "c");
  expect(Buffer.concat((await later) as Buffer[]).toString()).toBe("c");
  body.end();
  expect(await body.next()).toBeUndefined();
});

it("pour delivers waiting pieces, then new ones at once and in order, and next returns the end", async () => {
  const body = bodyQueue([Buffer.from("a")], never, never);
  pushed(body, "b");
  let poured = "";
  const pouring = body.pour((piece) => {
    poured += Buffer.from(piece).toString();
    return true;
  });
  expect(poured).toBe("ab");
  expect(pushed(body, "c")).toBe(true);
  expect(poured).toBe("abc");
  body.end({ error: "truncated", detail: "cut" });
  await pouring;
  expect(await body.next()).toEqual({ error: "truncated", detail: "cut" });
});

it("after pour is stopped, next returns the rest", async () => {
  const body = bodyQueue(
    ["a", "b", "c"].map((content) => Buffer.from(content)),
    never,
    never,
  );
  const poured: string[] = [];
  const one = (piece: Uint8Array) => {
    poured.push(Buffer.from(piece).toString());
    return poured.length === 3;
  };
  await body.pour(one);
  await body.pour(one);
  const pouring = body.pour(one);
  pushed(body, "d");
  pushed(body, "e");
  await pouring;
  pushed(body, "f");
  body.end();
  expect(poured).toEqual(["a", "b", "c", "d"]);
  expect(Buffer.concat((await body.next()) as Buffer[]).toString()).toBe("ef");
  expect(await body.next()).toBeUndefined();
});

it("a paused connection resumes when pour is stopped at the last waiting piece", async () => {
  let drained = 0;
  const body = bodyQueue([], () => drained++, never);
  expect(pushed(body, "x".repeat(PAUSE_BYTES + 1))).toBe(false);
  await body.pour(() => false);
  expect(drained).toBe(1);
  const next = body.next();
  pushed(body, "y");
  expect(Buffer.concat((await next) as Buffer[]).toString()).toBe("y");
});

it("a paused connection resumes when pour begins", async () => {
  let drained = 0;
  const body = bodyQueue([], () => drained++, never);
  expect(pushed(body, "x".repeat(PAUSE_BYTES + 1))).toBe(false);
  const pouring = body.pour(() => true);
  expect(drained).toBe(1);
  for (let i = 0; i < 3; i++) expect(pushed(body, "x".repeat(PAUSE_BYTES))).toBe(true);
  body.end();
  await pouring;
  expect([drained, await body.next()]).toEqual([1, undefined]);
});

it("a connection pauses at a lower limit if one is set, and never above 1 MiB", () => {
  const few = bodyQueue([], never, never, 1000);
  expect([pushed(few, "x".repeat(1000)), pushed(few, "x")]).toEqual([true, false]);
  const many = bodyQueue([], never, never, 4 * PAUSE_BYTES);
  expect([pushed(many, "x".repeat(PAUSE_BYTES)), pushed(many, "x")]).toEqual([true, false]);
});
