// The index of a WARC file: a line per response, sorted, whose offsets and lengths are those of the members.
import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { WireExchange } from "../../../src/core/wire.ts";
import { cdxj } from "../../../src/sink/warc/cdxj.ts";
import { digestOf } from "../../../src/sink/warc/records/digest.ts";
import { joined } from "../../../src/sink/warc/records/gzip-member.ts";
import {
  captured,
  latin1,
  requestRecord,
  responseRecord,
  revisitRecord,
  warcinfoRecord,
} from "../../../src/sink/warc/records/records.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();

function exchange(url: string, head: string): WireExchange {
  const sentMs = Date.UTC(2026, 10, 29, 12, 0, 0, 7);
  const request = "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n";
  return { url, protocol: "http/1.1", address: "192.0.2.1", sentMs, request, response: `${head}\r\n\r\n` };
}

function capture(url: string, head: string, body: Uint8Array, isPacked = false): Uint8Array {
  const one = captured(exchange(url, head));
  const block = Buffer.concat([latin1(one.exchange.response), body]);
  const response = { block, payload: digestOf("sha1", body), isWhole: true, isPacked };
  return joined([requestRecord(one, "sha1"), responseRecord(one, response, "sha1")]);
}

async function index(...members: readonly Uint8Array[]): Promise<string> {
  const bytes = Buffer.concat([joined([warcinfoRecord("00000.warc.gz", 0, [])]), ...members]);
  writeFileSync(folder.at("00000.warc.gz"), Buffer.concat([bytes, Buffer.from("what a killed run left")]));
  const fd = openSync(folder.at("00000.warc.gz"), "r");
  try {
    return await cdxj(fd, "00000.warc.gz", bytes.length);
  } finally {
    closeSync(fd);
  }
}

const OK = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8";

describe("the index of a WARC file", () => {
  it("has a line per response and revisit, sorted by bytes, with all that CDXJ 0.1.0 demands", async () => {
    const again = captured(exchange("http://example.org/again", "HTTP/1.1 200 OK"));
    const original = { reference: undefined, payloadDigest: "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ" };
    const text = await index(
      capture("http://www.example.org/b?z=1&y=2", OK, Buffer.from("b")),
      capture("http://example.org/a", "HTTP/1.1 301 Moved", Buffer.alloc(0)),
      joined([revisitRecord(again, "identical-payload-digest", latin1(again.exchange.response), original, "sha1")]),
    );
    const lines = text.trimEnd().split("\n");
    expect(lines).toEqual(lines.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const entries = lines.map((line) => line.split(" "));
    expect(entries.map(([key, time]) => [key, time])).toEqual([
      ["org,example)/a", "20261129120000007"],
      ["org,example)/again", "20261129120000007"],
      ["org,example)/b?y=2&z=1", "20261129120000007"],
    ]);
    const [a, revisit, b] = entries.map(([, , json = ""]) => JSON.parse(json) as Record<string, string>);
    expect(a).toMatchObject({ url: "http://example.org/a", mime: "unk", status: "301", filename: "00000.warc.gz" });
    expect(a?.["digest"]).toBe("3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ");
    expect(revisit).toMatchObject({ mime: "warc/revisit", status: "200", digest: "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ" });
    expect(b).toMatchObject({ url: "http://www.example.org/b?z=1&y=2", mime: "text/html", status: "200" });
    const { offset, length } = b ?? {};
    const member = readFileSync(folder.at("00000.warc.gz")).subarray(Number(offset), Number(offset) + Number(length));
    expect(gunzipSync(member).toString()).toMatch(/^WARC\/1.1\r\nWARC-Type: response.*\r\n\r\nb\r\n\r\n$/s);
  });

  it("finds members of every length: stored and deflated, longer than what is read at once, and ending where that ends", async () => {
    const bodies = [
      ...[0, 1000, 65_000, 65_536, 262_144].flatMap((length) => [Buffer.alloc(length, "x"), randomBytes(length)]),
      randomBytes(3_000_000),
      Buffer.alloc(30_000_000, "long"),
      Buffer.alloc(10_000_000),
      ...Array.from({ length: 40 }, (_, i) => randomBytes(52_000 + i)),
    ];
    const members = bodies.flatMap((body, i) => [capture(`http://example.org/${i}`, OK, body, i % 3 === 0)]);
    const lines = (await index(...members)).trimEnd().split("\n");
    expect(lines.length).toBe(bodies.length);
    const file = readFileSync(folder.at("00000.warc.gz"));
    for (const line of lines) {
      const { url, offset, length } = JSON.parse(line.split(" ")[2] ?? "") as Record<string, string>;
      const content = gunzipSync(file.subarray(Number(offset), Number(offset) + Number(length)));
      expect(content.includes(`WARC-Target-URI: ${url}\r\n`)).toBe(true);
    }
  });

  it("escapes what is not ASCII in a media type, so that its order is that of bytes", async () => {
    const text = await index(
      capture("http://example.org/", "HTTP/1.1 200 OK\r\nContent-Type: te\xfft\u007f", Buffer.from("")),
    );
    expect(text).toMatch(/^[\x20-\x7e]+\n$/);
  });

  it("is refused for bytes that no run has written, and for a member that is cut short", async () => {
    await expect(index(Buffer.from("no member at all, but long enough to be one"))).rejects.toThrow("no member");
    const long = capture("http://example.org/", OK, randomBytes(2_000_000), true);
    await expect(index(long.subarray(0, -100))).rejects.toThrow();
    expect(statSync(folder.at("00000.warc.gz")).size).toBeGreaterThan(0);
  });
});
