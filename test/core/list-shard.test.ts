// The shards of a list: what is one, and which lines and hosts belong to it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineSpan, parseListShard, shardOfHost, shardOfUrl, shardText } from "../../src/core/list-shard.ts";

describe("a shard", () => {
  it.each([
    ["3/16", 3, 16],
    ["003/16", 3, 16],
    [" 1/1 ", 1, 1],
    ["1000000/1000000", 1_000_000, 1_000_000],
  ])("is read from %j", (text, index, count) => {
    expect(parseListShard(text)).toEqual({ index, count });
    expect(parseListShard(shardText({ index, count }))).toEqual({ index, count });
  });

  it.each(["", "3", "0/16", "17/16", "-1/16", "1/0", "1.5/2", "3/16/2", "3 / 16", "1/1000001", "1e1/16", "３/16"])(
    "is not %j",
    (text) => {
      expect(parseListShard(text)).toBeUndefined();
    },
  );
});

describe("by line", () => {
  it("each line belongs to exactly one shard, and blocks of 1,000 lines go to the shards in turn", () => {
    const owners = (place: number) => [1, 2, 3].filter((index) => lineSpan({ index, count: 3 }, place).isOwn);
    expect([1, 1000, 1001, 2000, 2001, 3000, 3001].map(owners)).toEqual([[1], [1], [2], [2], [3], [3], [1]]);
  });

  it("a span ends before the next line that belongs to another, and not earlier", () => {
    const shards = fc.integer({ min: 2, max: 50 }).chain((count) => {
      return fc.record({ index: fc.integer({ min: 1, max: count }), count: fc.constant(count) });
    });
    fc.assert(
      fc.property(shards, fc.integer({ min: 1, max: 2 ** 50 }), (shard, place) => {
        const { isOwn, last } = lineSpan(shard, place);
        expect(last).toBeGreaterThanOrEqual(place);
        expect([lineSpan(shard, last).isOwn, lineSpan(shard, last + 1).isOwn]).toEqual([isOwn, !isOwn]);
        expect(lineSpan(shard, last).last).toBe(last);
      }),
    );
  });
});

describe("by host", () => {
  it("the hash of a host stays as it is: folders of earlier versions depend on it", () => {
    const hosts = ["example.com", "example.com:8080", "127.0.0.1", "[::1]:81", "xn--bcher-kva.example", "a"];
    expect(hosts.map((host) => shardOfHost(host, 1000))).toEqual([945, 677, 554, 230, 513, 104]);
  });

  it("all URLs of a host are in one shard, with either scheme, in any spelling", () => {
    const urls = [
      "http://example.com/1",
      "https://example.com/2",
      "HTTP://EXAMPLE.com:80/3",
      "https://example.com:443",
      "http://user:secret@example.com/4",
      "https://example.com?x",
    ];
    expect(new Set(urls.map((url) => shardOfUrl(url, 1000)))).toEqual(new Set([shardOfHost("example.com", 1000)]));
    expect(shardOfUrl("http://example.com:8080/", 1000)).toBe(shardOfHost("example.com:8080", 1000));
  });

  it("a line without a host belongs to the first shard", () => {
    for (const url of ["", "no url", "ftp://example.com/", "http://"]) expect(shardOfUrl(url, 16), url).toBe(1);
  });

  it("hosts are spread evenly", () => {
    const counts = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i++) {
      const shard = shardOfHost(`host-${i}.example.com`, 16);
      counts[shard - 1] = (counts[shard - 1] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
  });
});
