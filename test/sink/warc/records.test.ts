// WARC records of made-up exchanges: each read back by the strict reader of the tests, which computes all digests anew.
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { WireExchange } from "../../../src/core/wire.ts";
import { asWhole, withoutTransferCoding } from "../../../src/sink/warc/http-head.ts";
import { isPacked } from "../../../src/sink/warc/packed-types.ts";
import { digestOf, startDigest } from "../../../src/sink/warc/records/digest.ts";
import { type GzipMember, joined } from "../../../src/sink/warc/records/gzip-member.ts";
import {
  captured,
  latin1,
  metadataRecord,
  requestRecord,
  responseRecord,
  revisitRecord,
  warcinfoRecord,
} from "../../../src/sink/warc/records/records.ts";
import { ownFolder } from "../../support/own.ts";
import { recordsInFile, type WarcRecord } from "../../support/warc.ts";

const folder = ownFolder();

const EXCHANGE: WireExchange = {
  url: "http://example.org/a?b=c",
  protocol: "http/1.1",
  address: "192.0.2.1",
  sentMs: Date.UTC(2026, 10, 29, 12, 0, 0, 7),
  request: "GET /a?b=c HTTP/1.1\r\nHost: example.org\r\n\r\n",
  response: "HTTP/1.1 200 Very Well\r\nContent-Type: text/html\r\n\r\n",
};

const INFO = [["software", "bulkget"]] as const;

/** Reads these members behind a warcinfo, as the strict reader wants it. */
function read(...members: readonly GzipMember[]): readonly WarcRecord[] {
  writeFileSync(folder.at("00000.warc.gz"), joined([warcinfoRecord("00000.warc.gz", 0, INFO), ...members]));
  return recordsInFile(folder.at("00000.warc.gz"));
}

describe("WARC records", () => {
  it("of a request, its answer and what is known of both have one date, and name each other", () => {
    const one = captured(EXCHANGE);
    const block = Buffer.concat([latin1(EXCHANGE.response), Buffer.from("body")]);
    const answer = { block, payload: digestOf("sha1", Buffer.from("body")), isWhole: true, isPacked: false };
    const [info, request, response, metadata] = read(
      requestRecord(one, "sha1"),
      responseRecord(one, answer, "sha1"),
      metadataRecord(one, [["fetchTimeMs", "12"]], "sha1"),
    );
    expect(info?.block.toString()).toBe("software: bulkget\r\n");
    expect(info?.fields.get("WARC-Target-URI")).toBeUndefined();
    const id = response?.fields.get("WARC-Record-ID");
    for (const record of [request, response, metadata]) {
      expect(record?.fields.get("WARC-Date")).toBe("2026-11-29T12:00:00.007Z");
      expect(record?.fields.get("WARC-Target-URI")).toBe(EXCHANGE.url);
    }
    expect(request?.fields.get("WARC-Concurrent-To")).toBe(id);
    expect(metadata?.fields.get("WARC-Concurrent-To")).toBe(id);
    expect(request?.fields.get("WARC-IP-Address")).toBe("192.0.2.1");
    expect(request?.head).toBe(EXCHANGE.request);
    expect(response?.head).toBe("HTTP/1.1 200 Very Well\r\nContent-Type: text/html\r\n\r\n");
    expect(response?.body.toString()).toBe("body");
    expect(response?.fields.get("WARC-Truncated")).toBeUndefined();
    expect(response?.fields.get("WARC-Protocol")).toBeUndefined();
    expect(metadata?.block.toString()).toBe("fetchTimeMs: 12\r\n");
  });

  it("of a cut body over HTTP/2 through a proxy name both, and no address; its digests are of what is there", () => {
    const one = captured({
      ...EXCHANGE,
      protocol: "h2",
      address: undefined,
      response: "HTTP/1.1 404 \r\n\r\n",
    });
    const block = Buffer.concat([latin1(one.exchange.response), Buffer.from("half")]);
    const answer = { block, payload: digestOf("sha256", Buffer.from("half")), isWhole: false, isPacked: false };
    const [, response] = read(responseRecord(one, answer, "sha256"));
    expect(response?.fields.get("WARC-Truncated")).toBe("length");
    expect(response?.fields.get("WARC-Protocol")).toBe("h2");
    expect(response?.fields.has("WARC-IP-Address")).toBe(false);
    expect(response?.fields.get("WARC-Payload-Digest")).toMatch(/^sha256:[A-Z2-7]{52}====$/);
  });

  it("of a revisit name the record that has the body, and have the head alone", () => {
    const one = captured(EXCHANGE);
    const original = {
      reference: { id: "<urn:uuid:1>", uri: "http://example.org/first", date: "2026-01-01T00:00:00.000Z" },
      payloadDigest: "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ",
    };
    const [, same, unchanged] = read(
      revisitRecord(one, "identical-payload-digest", latin1(EXCHANGE.response), original, "sha1"),
      revisitRecord(captured(EXCHANGE), "server-not-modified", latin1(EXCHANGE.response), original, "sha1"),
    );
    expect(same?.fields.get("WARC-Profile")).toBe("http://netpreserve.org/warc/1.1/revisit/identical-payload-digest");
    expect(same?.fields.get("WARC-Truncated")).toBe("length");
    expect(unchanged?.fields.get("WARC-Profile")).toBe("http://netpreserve.org/warc/1.1/revisit/server-not-modified");
    expect(unchanged?.fields.has("WARC-Truncated")).toBe(false);
    for (const record of [same, unchanged]) {
      expect(record?.fields.get("WARC-Refers-To")).toBe("<urn:uuid:1>");
      expect(record?.fields.get("WARC-Refers-To-Target-URI")).toBe("http://example.org/first");
      expect(record?.fields.get("WARC-Refers-To-Date")).toBe("2026-01-01T00:00:00.000Z");
      expect(record?.fields.get("WARC-Payload-Digest")).toBe(original.payloadDigest);
      expect(record?.body.length).toBe(0);
    }
  });

  it("cannot be broken by a line feed in what they say", () => {
    const [info] = read(metadataRecord(captured(EXCHANGE), [["via", "a\r\nb: c"]], "sha1"));
    expect(info?.type).toBe("warcinfo");
    const [, metadata] = read(metadataRecord(captured(EXCHANGE), [["via", "a\r\nb: c"]], "sha1"));
    expect(metadata?.block.toString()).toBe("via: a  b: c\r\n");
  });
});

describe("digests of records", () => {
  it("are in base32, as those of an empty body that other programs write", () => {
    expect(digestOf("sha1", Buffer.alloc(0)).text).toBe("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ");
    expect(digestOf("sha256", Buffer.alloc(0)).text).toBe(
      "sha256:4OYMIQUY7QOBJGX36TEJS35ZEQT24QPEMSNZGTFESWMRW6CSXBKQ====",
    );
    const pieces = startDigest("sha1");
    for (const piece of ["a", "", "bc"]) pieces.update(Buffer.from(piece));
    expect(pieces.result()).toEqual(digestOf("sha1", Buffer.from("abc")));
  });
});

describe("the archived head of a response", () => {
  it("has its transfer coding under another name, and all else as it came", () => {
    const head =
      "HTTP/1.1 200 OK\r\nX-Transfer-Encoding: a\r\ntransfer-ENCODING : chunked\r\nLink: Transfer-Encoding: b\r\n\r\n";
    expect(withoutTransferCoding(head)).toBe(
      "HTTP/1.1 200 OK\r\nX-Transfer-Encoding: a\r\nX-Orig-Transfer-Encoding : chunked\r\nLink: Transfer-Encoding: b\r\n\r\n",
    );
    expect(withoutTransferCoding(EXCHANGE.response)).toBe(EXCHANGE.response);
  });

  it("has a length beside a transfer coding under another name as well, since only the coding counted", () => {
    const head = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\nTransfer-Encoding: chunked\r\n\r\n";
    expect(withoutTransferCoding(head)).toBe(
      "HTTP/1.1 200 OK\r\nX-Orig-Content-Length: 99\r\nX-Orig-Transfer-Encoding: chunked\r\n\r\n",
    );
  });

  it("of a 206 that brought the end of a body is that of the whole one, and keeps what it was", () => {
    const head =
      'HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 5-9/10\r\nETag: "a"\r\n\r\n';
    expect(asWhole(head, 10)).toBe(
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Orig-Status: 206 Partial Content\r\n" +
        'X-Orig-Content-Length: 5\r\nX-Orig-Content-Range: bytes 5-9/10\r\nETag: "a"\r\n\r\n',
    );
    expect(asWhole("HTTP/1.1 206 \r\n\r\n", 10)).toBe(
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-Orig-Status: 206 \r\n\r\n",
    );
  });
});

describe("a body that is packed already", () => {
  it.each([
    ["image/jpeg", undefined, true],
    ["image/svg+xml", undefined, false],
    ["text/html", undefined, false],
    ["text/html", "gzip", true],
    ["text/html", "identity", false],
    ["application/zip", undefined, true],
    ["application/json; charset=utf-8", undefined, false],
    [undefined, undefined, false],
  ])("%s with the content coding %s: %s", (type, encoding, packed) => {
    expect(isPacked(type, encoding)).toBe(packed);
  });
});
