// Short captures, which are composed in one go: read back by the strict reader, and equal to the records that are made one by one.
import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WireExchange } from "../../../src/core/wire.ts";
import { type DigestLabel, digestOf } from "../../../src/sink/warc/records/digest.ts";
import { joined } from "../../../src/sink/warc/records/gzip-member.ts";
import {
  captured,
  latin1,
  requestRecord,
  responseRecord,
  warcinfoRecord,
} from "../../../src/sink/warc/records/records.ts";
import { shortCapture } from "../../../src/sink/warc/records/short-capture.ts";
import { ownFolder } from "../../support/own.ts";
import { recordsInFile, type WarcRecord } from "../../support/warc.ts";

const folder = ownFolder();
const NAME = "00000.warc.gz";

function read(bytes: Uint8Array): readonly WarcRecord[] {
  writeFileSync(folder.at(NAME), Buffer.concat([joined([warcinfoRecord(NAME, 0, [])]), bytes]));
  return recordsInFile(folder.at(NAME)).slice(1);
}

/** All of a record but its own IDs. */
function withoutIds({ type, fields, block, length }: WarcRecord): object {
  const ids = ["WARC-Record-ID", "WARC-Concurrent-To"];
  return { type, fields: [...fields].filter(([name]) => !ids.includes(name)), block: block.toString("latin1"), length };
}

const exchanges: fc.Arbitrary<WireExchange> = fc.record({
  url: fc.webUrl().map((url) => new URL(url).href),
  protocol: fc.constantFrom("http/1.0", "http/1.1", "h2"),
  address: fc.constantFrom(undefined, "192.0.2.1", "2001:db8::1"),
  sentMs: fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
  request: fc
    .string({ unit: "binary-ascii", maxLength: 300 })
    .map((text) => `GET ${text.replace(/\s/g, "")} HTTP/1.1\r\n\r\n`),
  response: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
});

const EXCHANGE: WireExchange = {
  ...{ url: "http://a/", protocol: "h2", address: undefined, sentMs: 0 },
  ...{ request: "GET / HTTP/1.1\r\n\r\n", response: "HTTP/1.1 200 \r\n\r\n" },
};

describe("a short capture", () => {
  it("has the records that are made one by one, whatever is in them, at any place of a buffer", () => {
    const labels = fc.constantFrom<DigestLabel>("sha1", "sha256");
    const bodies = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 3 });
    fc.assert(
      fc.property(exchanges, bodies, labels, fc.boolean(), fc.nat(50), (exchange, body, label, isPacked, at) => {
        const head = `HTTP/1.1 200 \r\nX: ${exchange.response.replace(/[\r\n]/g, "")}\r\n\r\n`;
        const group = shortCapture(exchange, { head, body, isPacked }, label);
        const one = captured(exchange);
        const block = Buffer.concat([latin1(head), ...body]);
        const payload = digestOf(label, Buffer.concat(body));
        const members = [
          requestRecord(one, label),
          responseRecord(one, { block, payload, isWhole: true, isPacked }, label),
        ] as const;
        const expected = read(joined(members));
        if (group === undefined) return expect(joined(members).length).toBeGreaterThan(2048);
        const into = Buffer.alloc(at + group.bytes + 1, "x");
        group.write(into, at);
        const found = read(into.subarray(at, at + group.bytes));
        expect(found.map(withoutIds)).toEqual(expected.map(withoutIds));
        expect([into.toString("latin1", 0, at), into.at(-1)]).toEqual(["x".repeat(at), 0x78]);
        expect(group.leadBytes).toBe(members[0].bytes);
        const [request, response] = found;
        expect(request?.fields.get("WARC-Concurrent-To")).toBe(response?.fields.get("WARC-Record-ID"));
        return undefined;
      }),
    );
  });

  it("never has the same ID twice, beyond those that are made at once", () => {
    const group = shortCapture(EXCHANGE, { head: EXCHANGE.response, body: [], isPacked: false }, "sha1");
    const groups = Array.from({ length: 700 }, () => {
      const into = Buffer.alloc(group?.bytes ?? 0);
      group?.write(into, 0);
      return into;
    });
    expect(read(Buffer.concat(groups)).length).toBe(1400); // the reader refuses an ID that comes twice
  });

  it("is none where a record is deflated, or longer than a stored block", () => {
    const of = (bytes: number, isPacked: boolean) =>
      shortCapture(EXCHANGE, { head: EXCHANGE.response, body: [Buffer.alloc(bytes)], isPacked }, "sha1");
    expect([of(1000, false), of(3000, true), of(60_000, true)].every((group) => group !== undefined)).toBe(true);
    expect([of(2048, false), of(65_536, true)]).toEqual([undefined, undefined]);
    const long = { ...EXCHANGE, request: "x".repeat(70_000) };
    expect(shortCapture(long, { head: "", body: [], isPacked: false }, "sha1")).toBeUndefined();
  });
});
