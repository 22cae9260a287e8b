// The sink into shards: what is written, in which shard, where each body is, and what a seal leaves of it.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openContainer } from "../../../src/app/output/container-sink.ts";
import { isFailure } from "../../../src/core/failure.ts";
import type { Answer, BodyStream, Sink, Stored } from "../../../src/core/ports.ts";
import { sealShards } from "../../../src/sink/seal-shards.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();

const TARGET = new URL("http://example.org/a.html");

function open(
  options: {
    readonly shardBytes?: number;
    readonly shardCount?: number;
    readonly helper?: number;
    readonly durable?: boolean;
  } = {},
): Sink {
  const { shardBytes = 2 ** 30, shardCount = 10_000, helper = 0, durable = false } = options;
  mkdirSync(folder.at(".bulkget"), { recursive: true });
  return openContainer(
    {
      ...{
        folder: folder.path,
        state: folder.at(".bulkget"),
        infix: "",
        format: "tar",
        shardBytes,
        shardCount,
        highest: -1,
        perDir: undefined,
      },
      warc: { hasMetadata: false, isDeduped: false, info: [] },
      ...{ name: "{n:6}{ext}", hash: false, durable, minFree: 0, processes: 1 },
    },
    helper,
  );
}

function answerOf(body: Answer["body"]): Answer {
  return { status: 200, type: "text/html", lengthVerified: true, ttfbMs: 1, body };
}

async function store(sink: Sink, n: number, body: Answer["body"]): Promise<Stored> {
  const written = sink.write({ n, url: TARGET.href }, TARGET, answerOf(body));
  const stored = await ("storing" in written ? written.storing : written);
  if ("storing" in stored) throw new Error("is written later");
  if (isFailure(stored)) throw new Error(stored.detail);
  return stored;
}

/** Seals by these records, as the run does. */
async function seal(stored: readonly Stored[]): Promise<void> {
  const endOf = (shard: string) => {
    const ends = stored.flatMap(({ place }) => (place?.shard === shard ? [place.offset + place.stored_bytes] : []));
    return ends.length === 0 ? undefined : Math.max(...ends);
  };
  await sealShards({ folder: folder.path, state: folder.at(".bulkget"), endOf, isSynced: false });
}

function streamOf(...pieces: readonly (string | Buffer)[]): BodyStream {
  const left = pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
  return {
    async next() {
      const piece = left.shift();
      return piece === undefined ? undefined : [piece];
    },
    cancel() {},
  };
}

function listed(shard: string): string[] {
  return execFileSync("tar", ["-tf", folder.at(shard)], { encoding: "utf8" })
    .split("\n")
    .slice(0, -1);
}

function member(shard: string, name: string): string {
  return execFileSync("tar", ["-xOf", folder.at(shard), name], { encoding: "utf8" });
}

describe("the sink into tar shards", () => {
  it("writes small and large bodies in the order in which they became whole, each where its record says", async () => {
    const sink = open();
    const stored = await Promise.all([
      store(sink, 1, [Buffer.from("one")]),
      store(sink, 2, streamOf("two ", "times")),
      store(sink, 3, [Buffer.from("th"), Buffer.from("ree")]),
    ]);
    await sink.idle?.();
    sink.close();
    await seal(stored);
    expect(readdirSync(folder.at(".bulkget"))).toEqual([]);
    expect(listed("00000.tar").toSorted()).toEqual([
      "000001.html",
      "000001.json",
      "000002.html",
      "000002.json",
      "000003.html",
      "000003.json",
    ]);
    const bytes = readFileSync(folder.at("00000.tar"));
    const bodies = stored.map(({ place, bytes: length }) =>
      bytes.toString("utf8", place?.offset, (place?.offset ?? 0) + length),
    );
    expect(bodies).toEqual(["one", "two times", "three"]);
    expect(member("00000.tar", "000002.html")).toBe("two times");
    expect(JSON.parse(member("00000.tar", "000003.json"))).toMatchObject({
      n: 3,
      url: TARGET.href,
      bytes: 5,
      status: 200,
    });
  });

  it("reports a body that came after a large one after it, too, since a later run cuts behind the last record", async () => {
    const sink = open();
    const reported: number[] = [];
    const store1 = async (n: number, body: Answer["body"]) => {
      const stored = await store(sink, n, body);
      reported.push(n);
      return stored;
    };
    const large = store1(1, streamOf("x".repeat(3_000_000)));
    await expect.poll(() => existsSync(folder.at(".bulkget/00000.tar.part")), { interval: 0 }).toBe(true);
    const small = [2, 3, 4].map((n) => store1(n, [Buffer.from(`${n}`)]));
    const stored = await Promise.all([large, ...small]);
    sink.close();
    const offsets = stored.map(({ place }) => place?.offset ?? 0);
    expect(reported).toEqual([1, 2, 3, 4].toSorted((a, b) => (offsets[a - 1] ?? 0) - (offsets[b - 1] ?? 0)));
    expect(reported).toEqual([1, 2, 3, 4]);
  });

  it("has bodies of every length where their records say, in the order in which they are reported", async () => {
    const sink = open();
    const lengths = [10, 16_384, 16_385, 100_000, 262_144, 262_145, 1_048_576, 1_048_577, 1_500_000];
    const contents = [...lengths, ...lengths].map((length) => randomBytes(length));
    const reported: Stored[] = [];
    await Promise.all(
      contents.map(async (content, i) => {
        const body = content.length > 262_144 || i % 3 === 0 ? streamOf(content) : [content];
        reported.push(await store(sink, i + 1, body));
      }),
    );
    await sink.idle?.();
    sink.close();
    await seal(reported);
    const offsets = reported.map(({ place }) => place?.offset ?? 0);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    for (const [i, content] of contents.entries()) {
      const name = `${String(i + 1).padStart(6, "0")}.html`;
      const args = ["-xOf", folder.at("00000.tar"), name];
      expect(execFileSync("tar", args, { maxBuffer: 2e7 }).equals(content)).toBe(true);
    }
    expect(readdirSync(folder.at(".bulkget"))).toEqual([]);
  });

  it("begins the next shard where a group has no room, and gives a large one a shard of its own", async () => {
    const sink = open({ shardBytes: 10_240 });
    const stored: Stored[] = [];
    for (const [i, length] of [100, 100, 100, 100, 100, 50_000, 100].entries()) {
      stored.push(await store(sink, i + 1, [Buffer.alloc(length, "x")]));
    }
    sink.close();
    await seal(stored);
    const shards = readdirSync(folder.path).filter((name) => name.endsWith(".tar"));
    expect(shards.map((shard) => listed(shard).filter((name) => name.endsWith(".html")))).toEqual([
      ["000001.html", "000002.html", "000003.html", "000004.html", "000005.html"],
      ["000006.html"],
      ["000007.html"],
    ]);
  });

  it("has at most so many lines in a shard", async () => {
    const sink = open({ shardCount: 2 });
    const stored = await Promise.all([1, 2, 3, 4, 5].map((n) => store(sink, n, [Buffer.from(`${n}`)])));
    sink.close();
    await seal(stored);
    expect(stored.map(({ place }) => place?.shard)).toEqual([
      "00000.tar",
      "00000.tar",
      "00001.tar",
      "00001.tar",
      "00002.tar",
    ]);
  });

  it("of two processes never writes into one shard, nor over one that is there", async () => {
    mkdirSync(folder.at(".bulkget"), { recursive: true });
    writeFileSync(folder.at("00001.tar"), "mine");
    const sinks = [open(), open({ helper: 1 })] as const;
    const stored = await Promise.all(sinks.map((sink, i) => store(sink, i + 1, [Buffer.from(`${i}`)])));
    for (const sink of sinks) sink.close();
    await seal(stored);
    expect(new Set(stored.map(({ place }) => place?.shard))).toEqual(new Set(["00000.tar", "00002.tar"]));
    expect(readFileSync(folder.at("00001.tar"), "utf8")).toBe("mine");
  });

  it("is cut back to the last record when it is sealed, and removed without one", async () => {
    const sink = open({ shardCount: 3 });
    const stored: Stored[] = [];
    for (const n of [1, 2, 3, 4]) stored.push(await store(sink, n, [Buffer.from(`${n}`)]));
    sink.close();
    await seal(stored.slice(0, 2));
    expect(listed("00000.tar")).toEqual(["000001.html", "000001.json", "000002.html", "000002.json"]);
    expect(existsSync(folder.at("00001.tar"))).toBe(false);
  });

  it("is sealed once by the next run, where a kill left it under both of its names", async () => {
    const sink = open();
    const stored = [await store(sink, 1, [Buffer.from("one")])];
    sink.close();
    await seal(stored);
    linkSync(folder.at("00000.tar"), folder.at(".bulkget/00000.tar"));
    await seal(stored);
    expect(readdirSync(folder.at(".bulkget"))).toEqual([]);
    expect(listed("00000.tar")).toEqual(["000001.html", "000001.json"]);
  });

  it("has the body of a durable run on the disk like any other", async () => {
    const sink = open({ durable: true });
    const stored = await Promise.all([1, 2].map((n) => store(sink, n, [Buffer.from(`${n}`)])));
    sink.close();
    await seal(stored);
    expect(member("00000.tar", "000002.html")).toBe("2");
  });

  it("has no password of a URL, nor control characters, in the records of its members", async () => {
    const sink = open();
    const url = new URL("http://me:secret@example.org/a.html");
    const written = sink.write({ n: 1, url: url.href, name: "a\u009b.html" }, url, answerOf([Buffer.from("x")]));
    const stored = await ("storing" in written ? written.storing : written);
    if ("storing" in stored) throw new Error("is written later");
    if (isFailure(stored)) throw new Error(stored.detail);
    sink.close();
    await seal([stored]);
    const archive = readFileSync(folder.at("00000.tar"), "latin1");
    expect(archive).toContain("http://me:***@example.org/a.html");
    expect(archive).not.toContain("secret");
    expect(archive).not.toContain("\u009b");
  });
});
