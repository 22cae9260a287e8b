// A sink that is to end: what waits to be written is given up at once, what is being written soon, and nothing gets half a file.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../src/core/failure.ts";
import type { Answer, Stored } from "../../src/core/ports.ts";
import { GIVEN_UP, pendingWrites } from "../../src/sink/directory/pending-writes.ts";
import { ownFolder } from "../support/own.ts";
import { answer, bodyOf, filesIn, JOB, sinkInto, TARGET, text } from "./bodies.ts";

const outside = ownFolder();
let folder: string;
beforeEach(() => {
  folder = outside.at("out");
  mkdirSync(folder);
});

/** A disk that is left to the thread pool. */
const SLOW = { now: () => false, took: () => {} };

describe("a sink on a slow disk", () => {
  const write = (
    sink: ReturnType<typeof sinkInto>,
    n: number,
    body: Answer["body"] = [text(`body ${n}`)],
    name?: string,
  ) => Promise.resolve(sink.write({ ...JOB, n, ...(name === undefined ? {} : { name }) }, TARGET, answer(body)));

  it("gives up what waits for its turn, lets nothing more begin, and says what became of each", async () => {
    const sink = sinkInto(folder, { disk: SLOW });
    const writing = Array.from({ length: 50 }, (_, i) => write(sink, i + 1));
    sink.abort?.();
    const results = await Promise.all(writing);
    const given = results.filter((result) => result === GIVEN_UP);
    expect(given.length).toBeGreaterThanOrEqual(47); // three at a time
    for (const result of results) if (result !== GIVEN_UP) expect(result).toMatchObject({ file: expect.any(String) });
    expect(await write(sink, 99)).toBe(GIVEN_UP);
    await sink.idle?.();
    const saved = results.flatMap((result) => ("file" in result ? [(result as Stored).file] : []));
    expect(filesIn(folder)).toEqual(saved.sort());
    expect(sink.isUnsure?.()).toBe(false);
    sink.close?.();
  });

  it("lets go of a body that comes when all is given up", async () => {
    const sink = sinkInto(folder, { disk: SLOW });
    sink.abort?.();
    const body = bodyOf([[text("a")]], undefined, () => expect.unreachable("nobody wants it"));
    expect(await write(sink, 1, body)).toBe(GIVEN_UP);
    expect(body.cancelled()).toBe(1);
    expect(filesIn(folder)).toEqual([]);
    sink.close?.();
  });

  it("gives no name to a large body that was whole only then", async () => {
    const sink = sinkInto(folder, { disk: SLOW });
    const body = bodyOf([[text("a")]], undefined, (index) => index === 1 && sink.abort?.());
    expect(await write(sink, 1, body)).toMatchObject({ error: "interrupted" });
    await sink.idle?.();
    expect(filesIn(folder)).toEqual([]);
    sink.close?.();
  });

  it("saves under names of the list as well, and replaces nothing that has come meanwhile", async () => {
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

describe("what other threads are at", () => {
  const held = () => {
    let end: (result: Stored) => void = () => {};
    const work = new Promise<Stored>((resolve) => {
      end = resolve;
    });
    return { work, end };
  };

  it("is told as it is, also after all was given up, if it ends soon", async () => {
    const all = pendingWrites();
    const { work, end } = held();
    const coming = all.watched(work);
    all.giveUp(() => false);
    end({ bytes: 1 });
    expect(await coming).toEqual({ bytes: 1 });
    await all.idle();
    expect([all.isGivenUp, all.isUnsure]).toEqual([true, false]);
    all.close();
  });

  it("is given up when it takes too long; until it has ended nobody can be sure of it", async () => {
    const all = pendingWrites();
    const { work, end } = held();
    const coming = all.watched(work);
    let isIdle = false;
    void all.idle().then(() => {
      isIdle = true;
    });
    all.giveUp(() => false);
    expect(await coming).toBe(GIVEN_UP);
    expect([all.isUnsure, isIdle]).toEqual([true, false]);
    end({ bytes: 1 });
    await all.idle();
    expect(isIdle).toBe(true);
    all.close();
  });

  it("may be somebody else's, who says so", async () => {
    const all = pendingWrites();
    let asked = 0;
    all.giveUp(() => ++asked > 0);
    await expect.poll(() => all.isUnsure, { timeout: 20_000 }).toBe(true);
    expect(asked).toBe(1);
    const other = pendingWrites();
    expect(other.isUnsure).toBe(false);
    other.doubt();
    expect(other.isUnsure).toBe(true);
  });
});
