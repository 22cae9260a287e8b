// Abort: queued bodies end at once, running writes after a grace period, and no incomplete file is committed.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import type { Answer, Stored } from "../../../src/core/ports.ts";
import { pendingWrites, STOPPED_BEFORE_WRITE } from "../../../src/sink/files/pending-writes.ts";
import { ownFolder } from "../../support/own.ts";
import { answer, bodyOf, filesIn, JOB, sinkInto, TARGET, text } from "../bodies.ts";

const outside = ownFolder();
let folder: string;
beforeEach(() => {
  folder = outside.at("out");
  mkdirSync(folder);
});

/** A disk that is always slow: all writes are in the thread pool. */
const SLOW = { isFast: () => false, record: () => {} };

describe("abort on a slow disk", () => {
  const write = (
    sink: ReturnType<typeof sinkInto>,
    n: number,
    body: Answer["body"] = [text(`body ${n}`)],
    name?: string,
  ) => Promise.resolve(sink.write({ ...JOB, n, ...(name === undefined ? {} : { name }) }, TARGET, answer(body)));

  it("ends the queued bodies, starts no other, and reports a result for each", async () => {
    const sink = sinkInto(folder, { disk: SLOW });
    const writing = Array.from({ length: 50 }, (_, i) => write(sink, i + 1));
    sink.abort?.();
    const results = await Promise.all(writing);
    const given = results.filter((result) => result === STOPPED_BEFORE_WRITE);
    expect(given.length).toBeGreaterThanOrEqual(47); // three at a time
    for (const result of results)
      if (result !== STOPPED_BEFORE_WRITE) expect(result).toMatchObject({ file: expect.any(String) });
    expect(await write(sink, 99)).toBe(STOPPED_BEFORE_WRITE);
    await sink.idle?.();
    const saved = results.flatMap((result) => ("file" in result ? [(result as Stored).file] : []));
    expect(filesIn(folder)).toEqual(saved.sort());
    expect(sink.isUnsure?.()).toBe(false);
    sink.close?.();
  });

  it("cancels a body that arrives later", async () => {
    const sink = sinkInto(folder, { disk: SLOW });
    sink.abort?.();
    const body = bodyOf([[text("a")]], undefined, () => expect.unreachable("nobody wants it"));
    expect(await write(sink, 1, body)).toBe(STOPPED_BEFORE_WRITE);
    expect(body.cancelled()).toBe(1);
    expect(filesIn(folder)).toEqual([]);
    sink.close?.();
  });

  it("commits no large body that was complete only later", async () => {
    const sink = sinkInto(folder, { disk: SLOW });
    const body = bodyOf([[text("a")]], undefined, (index) => index === 1 && sink.abort?.());
    expect(await write(sink, 1, body)).toMatchObject({ error: "interrupted" });
    await sink.idle?.();
    expect(filesIn(folder)).toEqual([]);
    sink.close?.();
  });

  it("does not matter to names of the list: they are saved, and replace no file that was created meanwhile", async () => {
    const sink = sinkInto(folder, { disk: SLOW });
    writeFileSync(join(folder, "mine"), "mine");
    const results = await Promise.all([
      write(sink, 1, undefined, "one"),
      write(sink, 2, undefined, "sub/two"),
      write(sink, 3, undefined, "mine"),
      write(sink, 4, undefined, "one"),
    ]);
    const told = results.map((result) => (isFailure(result) ? result.error : (result as Stored).file));
    expect(told.slice(1, 3)).toEqual(["sub/two", "file_exists"]);
    expect([told[0], told[3]].sort()).toEqual(["file_exists", "one"]); // whichever is the first
    expect(filesIn(folder).filter((file) => file !== "sub")).toEqual(["mine", "one", "sub/two"]);
    expect(readFileSync(join(folder, "mine"), "utf8")).toBe("mine");
    sink.close?.();
  });
});

describe("a pending write", () => {
  const held = () => {
    let end: (result: Stored) => void = () => {};
    const work = new Promise<Stored>((resolve) => {
      end = resolve;
    });
    return { work, end };
  };

  it("returns its result, also after abort if it ends within the grace period", async () => {
    const all = pendingWrites();
    const { work, end } = held();
    const coming = all.track(work);
    all.abort(() => false);
    end({ bytes: 1 });
    expect(await coming).toEqual({ bytes: 1 });
    await all.idle();
    expect([all.isAborted, all.isUnsure]).toEqual([true, false]);
    all.close();
  });

  it("is abandoned after the grace period, and unsure until it has ended", async () => {
    const all = pendingWrites();
    const { work, end } = held();
    const coming = all.track(work);
    let isIdle = false;
    void all.idle().then(() => {
      isIdle = true;
    });
    all.abort(() => false);
    expect(await coming).toBe(STOPPED_BEFORE_WRITE);
    expect([all.isUnsure, isIdle]).toEqual([true, false]);
    end({ bytes: 1 });
    await all.idle();
    expect(isIdle).toBe(true);
    all.close();
  });

  it("of another process that was killed makes the sink unsure", async () => {
    const all = pendingWrites();
    let asked = 0;
    all.abort(() => ++asked > 0);
    await expect.poll(() => all.isUnsure, { timeout: 20_000 }).toBe(true);
    expect(asked).toBe(1);
    const other = pendingWrites();
    expect(other.isUnsure).toBe(false);
    other.doubt();
    expect(other.isUnsure).toBe(true);
  });
});
