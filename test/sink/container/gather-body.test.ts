// Bodies gathered in memory: whole where they fit, otherwise a stream of all of them, and memory that is used again.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import type { BodyStream } from "../../../src/core/ports.ts";
import { bodyGathering, type GatheredBody } from "../../../src/sink/container/gather-body.ts";

const MIB = 1_048_576;

/** Pours up to `poured` pieces, each in memory that is overwritten, and returns the others one by one. */
function streamOf(bytes: Buffer, poured = 0, failure?: { readonly error: "truncated"; readonly detail: string }) {
  const left = Array.from({ length: Math.ceil(bytes.length / 50_000) }, (_, i) =>
    bytes.subarray(i * 50_000, (i + 1) * 50_000),
  );
  let toPour = poured;
  let isCancelled = false;
  const stream: BodyStream = {
    async next() {
      const piece = left.shift();
      return piece === undefined ? failure : [piece];
    },
    async pour(take) {
      for (; toPour > 0 && left.length > 0; toPour--) {
        const piece = Buffer.from(left.shift() ?? "");
        const goesOn = take(piece);
        piece.fill(0);
        if (!goesOn) return;
      }
    },
    cancel() {
      isCancelled = true;
    },
  };
  return { stream, isCancelled: () => isCancelled };
}

async function gathered(...args: Parameters<ReturnType<typeof bodyGathering>["gather"]>): Promise<GatheredBody> {
  const got = await bodyGathering().gather(...args);
  if (got === undefined || "next" in got || isFailure(got)) throw new Error("is not in memory");
  return got;
}

async function rest(stream: BodyStream): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for (let next = await stream.next(); next !== undefined && !isFailure(next); next = await stream.next())
    pieces.push(...next.map((piece) => Buffer.from(piece)));
  return Buffer.concat(pieces);
}

describe("a body that arrives", () => {
  it.each([0, 1, 49_999, 262_144, 262_145, 700_000, MIB])(
    "is gathered as it was sent, with %s bytes",
    async (bytes) => {
      const content = randomBytes(bytes);
      for (const poured of [0, 3, 1000]) {
        for (const known of [bytes, undefined]) {
          const { pieces } = await gathered(streamOf(content, poured).stream, known);
          expect(Buffer.concat(pieces).equals(content)).toBe(true);
        }
      }
    },
  );

  it.each([0, 10, 1000])(
    "is a stream of all of it where it turns out to be too long, with %s pieces poured",
    async (poured) => {
      const content = randomBytes(2 * MIB);
      const got = await bodyGathering().gather(streamOf(content, poured).stream, undefined);
      if (got === undefined || !("next" in got)) throw new Error("is no stream");
      const beginning: Uint8Array[] = [];
      await got.pour?.((piece) => beginning.push(Buffer.from(piece)) < 5);
      expect(Buffer.concat([...beginning, await rest(got)]).equals(content)).toBe(true);
    },
  );

  it("is not gathered where it is known to be too long, or others have taken the memory", async () => {
    const content = randomBytes(MIB);
    const { gather } = bodyGathering(2 * MIB);
    expect(gather(streamOf(content).stream, MIB + 1)).toBeUndefined();
    const [first] = await Promise.all([
      gather(streamOf(content).stream, undefined),
      gather(streamOf(content).stream, MIB),
    ]);
    expect(gather(streamOf(content).stream, 1)).toBeUndefined();
    if (first === undefined || !("free" in first)) throw new Error("is not in memory");
    first.free();
    const next = await gather(streamOf(content).stream, MIB);
    expect(next !== undefined && "free" in next && Buffer.concat(next.pieces).equals(content)).toBe(true);
  });

  it("counts the memory that it takes, not the length of the body", async () => {
    const { gather } = bodyGathering(MIB);
    const bodies = Array.from({ length: 100 }, () => gather(streamOf(Buffer.alloc(7000)).stream, 7000));
    expect(bodies.filter((body) => body !== undefined)).toHaveLength(4); // 256 KiB each
    for (const body of bodies) expect(body === undefined || "free" in ((await body) ?? {})).toBe(true);
  });

  it("returns its memory where reading it throws", async () => {
    const { gather } = bodyGathering(MIB);
    const stream = { next: () => Promise.reject(new Error("a bug")), cancel() {} };
    await expect(gather(stream, MIB)).rejects.toThrow("a bug");
    expect(gather(streamOf(Buffer.alloc(1)).stream, 1)).toBeDefined();
  });

  it("returns its memory where it fails, is cancelled or has been read", async () => {
    const { gather } = bodyGathering(MIB);
    const cut = { error: "truncated", detail: "cut" } as const;
    expect(await gather(streamOf(randomBytes(70_000), 1, cut).stream, MIB)).toBe(cut);
    const long = streamOf(randomBytes(2 * MIB));
    const stream = await gather(long.stream, undefined);
    if (stream === undefined || !("next" in stream)) throw new Error("is no stream");
    expect(gather(streamOf(randomBytes(1)).stream, 1)).toBeUndefined();
    stream.cancel();
    stream.cancel();
    expect(long.isCancelled()).toBe(true);
    const other = await gather(streamOf(randomBytes(2 * MIB)).stream, undefined);
    if (other === undefined || !("next" in other)) throw new Error("is no stream");
    expect((await rest(other)).length).toBe(2 * MIB);
    const { pieces } = (await gather(streamOf(Buffer.from("x")).stream, MIB)) as GatheredBody;
    expect(Buffer.concat(pieces).toString()).toBe("x");
    expect(gather(streamOf(Buffer.from("x")).stream, 1)).toBeUndefined();
  });
});
