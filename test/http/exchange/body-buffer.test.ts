// The buffers of small and large bodies while they arrive: content and memory, for any pieces.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyBuffer } from "../../../src/http/exchange/body-buffer.ts";
import { bodyQueue } from "../../../src/http/exchange/body-stream.ts";
import { bufferPool } from "../../../src/http/exchange/buffer-pool.ts";
import { body } from "../../support/rude.ts";

/** Returns the memory that these pieces keep alive, in bytes, including the rest of their ArrayBuffers. */
function heldBytes(pieces: readonly Uint8Array[]): number {
  const buffers = new Set(pieces.map(({ buffer }) => buffer));
  return [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Passes a piece out of the middle of a large read, which is overwritten afterwards. */
function pushed(bytes: Uint8Array, take: (piece: Buffer) => void): void {
  const read = Buffer.alloc(65_536);
  const piece = read.subarray(1000, 1000 + bytes.length);
  piece.set(bytes);
  take(piece);
  read.fill("#");
}

const LENGTHS = fc.array(fc.oneof(fc.constant(1), fc.nat(100), fc.nat(9000)), { maxLength: 60 });

describe("a small body", () => {
  it("has the content that arrived, with or without a known length", () => {
    fc.assert(
      fc.property(LENGTHS, fc.boolean(), (lengths, isKnown) => {
        const whole = body(lengths.reduce((sum, length) => sum + length, 0));
        const gathered = new BodyBuffer(bufferPool());
        let at = 0;
        for (const length of lengths) {
          pushed(whole.subarray(at, at + length), (piece) => gathered.add(piece, isKnown ? whole.length : undefined));
          at += length;
        }
        expect(Buffer.concat(gathered.pieces()).equals(whole)).toBe(true);
      }),
    );
  });

  it.each([true, false])("of 200,000 pieces of one byte takes less than half a MiB (length known: %s)", (isKnown) => {
    const gathered = new BodyBuffer(bufferPool());
    const read = Buffer.alloc(65_536, "x");
    for (let i = 0; i < 200_000; i++)
      gathered.add(read.subarray(i % 1000, (i % 1000) + 1), isKnown ? 200_000 : undefined);
    const pieces = gathered.pieces();
    expect([pieces.length, pieces[0]?.length]).toEqual([1, 200_000]);
    expect(heldBytes(pieces)).toBeLessThanOrEqual(524_288);
  });

  it("returns a buffer to the pool when it has become too small", () => {
    const memory = bufferPool();
    const gathered = new BodyBuffer(memory);
    for (let i = 0; i < 3; i++) gathered.add(body(8000), undefined);
    const [first] = gathered.pieces();
    expect(memory.acquire(16_384).bytes.buffer).not.toBe(first?.buffer);
    gathered.free?.();
    expect(memory.acquire(first?.buffer.byteLength ?? 0).bytes.buffer).toBe(first?.buffer);
  });
});

describe("a large body that waits for the disk", () => {
  it("has the content that arrived, in any pieces", async () => {
    await fc.assert(
      fc.asyncProperty(LENGTHS, fc.array(fc.boolean()), fc.boolean(), async (lengths, takes, isOurs) => {
        const whole = body(lengths.reduce((sum, length) => sum + length, 0));
        const waiting = bodyQueue(
          [],
          () => {},
          () => {},
        );
        const got: Uint8Array[] = [];
        let at = 0;
        for (const [i, length] of lengths.entries()) {
          const piece = whole.subarray(at, at + length);
          if (isOurs) waiting.push(Buffer.from(piece), true);
          else pushed(piece, (shared) => waiting.push(shared, false));
          at += length;
          if (takes[i] === true && length > 0) got.push(...((await waiting.next()) as Uint8Array[]));
        }
        waiting.end();
        for (let more = await waiting.next(); more !== undefined; more = await waiting.next())
          got.push(...(more as Buffer[]));
        expect(Buffer.concat(got).equals(whole)).toBe(true);
      }),
    );
  });

  it.each([true, false])("in 1,000,000 pieces of one byte takes less than 2 MiB (ours to keep: %s)", async (isOurs) => {
    const waiting = bodyQueue(
      [],
      () => {},
      () => {},
    );
    for (let i = 0; i < 1000; i++) {
      const read = Buffer.alloc(65_536, "x");
      for (let at = 0; at < 1000; at++) waiting.push(read.subarray(at, at + 1), isOurs);
    }
    const pieces = (await waiting.next()) as Buffer[];
    expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBe(1_000_000);
    expect(pieces.length).toBeLessThan(100);
    expect(heldBytes(pieces)).toBeLessThan(2_097_152);
  });

  it("keeps no more memory than its pieces, even if each is a small part of a read", async () => {
    const waiting = bodyQueue(
      [],
      () => {},
      () => {},
    );
    for (let i = 0; i < 100; i++) waiting.push(Buffer.alloc(65_536).subarray(0, 5000), true);
    expect(heldBytes((await waiting.next()) as Buffer[])).toBeLessThan(700_000);
  });
});
