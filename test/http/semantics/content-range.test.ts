// A 206 answer continues a partial body only if it is exactly the requested range: every way to violate that.

import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Get, PartialBody, RequestConditions } from "../../../src/core/ports.ts";
import { partialRangeOf } from "../../../src/http/semantics/content-range.ts";
import { readHeaders } from "../../../src/http/semantics/headers.ts";
import { collect, testGet } from "../../support/get.ts";
import { own, ownRudeServer } from "../../support/own.ts";
import { body } from "../../support/rude.ts";

const TAG = '"one"';
const MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT";
const LATER = "Sun, 06 Nov 1994 08:50:37 GMT";

describe("a 206 answer", () => {
  const server = ownRudeServer();
  let get: Get;
  beforeEach(() => {
    get = own(testGet());
  });
  const fetch = (target: string, ask?: RequestConditions) => get.fetch(new URL(target, server.origin), ask);
  const keptOf = (target: string, more: Partial<PartialBody> = {}): { kept: PartialBody } => ({
    kept: { bytes: 50, validator: TAG, url: server.url(target), ...more },
  });
  /** Returns the path of a 206 with these headers, and a body of 100 bytes by default. */
  const pathOf = (headers: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const lines = headers.map((line) => line.replace(/^bytes/, "Content-Range: bytes"));
    const query = lines.map((line) => `header=${encodeURIComponent(line)}`);
    return `/206-as-told?${[...query, String(new URLSearchParams(more))].join("&")}`;
  };
  const right = "Content-Range: bytes 50-149/150";

  it("is accepted if it is the requested range, with or without a Content-Length", async () => {
    for (const more of [{}, { chunked: "1" }, { nolength: "1" }]) {
      const target = pathOf([right, `ETag: ${TAG}`, "Content-Encoding: identity"], more);
      const part = await fetch(target, keptOf(target, { wholeBytes: 150 }));
      expect(part).toMatchObject({ from: 50, wholeBytes: 150, lengthVerified: true });
      expect(await collect(part)).toEqual(body(100));
    }
  });

  it("is accepted with leading zeros in its numbers, and with Content-Encoding: identity", async () => {
    const padded = `Content-Range: bytes ${"0".repeat(20)}50-000149/${"0".repeat(20)}150`;
    const target = pathOf([padded, "Content-Encoding: none"]);
    expect(await fetch(target, keptOf(target))).toMatchObject({ from: 50, wholeBytes: 150 });
  });

  it.each<[string, string[], string]>([
    ["that begins earlier", ["bytes 49-148/149"], "to the end"],
    ["that begins later", ["bytes 51-150/151"], "to the end"],
    ["that ends before the end", ["bytes 50-149/151"], "to the end"],
    ["that ends after the end", ["bytes 50-149/149"], "to the end"],
    ["of a whole of unknown length", ["bytes 50-149/*"], "to the end"],
    ["in another unit", ["Content-Range: lines 50-149/150"], "to the end"],
    ["with junk for numbers", ["bytes 50-0x95/150"], "to the end"],
    ["without a Content-Range", [], "without a Content-Range"],
    ["with two", [right, right], "several Content-Ranges"],
    ["of several parts", ["Content-Type: multipart/byteranges; boundary=x"], "several parts"],
    ["that is encoded", [right, "Content-Encoding: gzip"], "encoded"],
    ["with another tag", [right, 'ETag: "two"'], "another version"],
    ["with the same tag, but weak", [right, `ETag: W/${TAG}`], "another version"],
  ])("is refused if it is one %s", async (_, header, says) => {
    const target = pathOf(header);
    const failure = await fetch(target, keptOf(target));
    expect(failure).toMatchObject({ error: "bad_range", detail: expect.stringContaining(says), status: 206 });
  });

  it("is refused if the length of the whole body has changed", async () => {
    const target = pathOf([right]);
    const failure = await fetch(target, keptOf(target, { wholeBytes: 151 }));
    expect(failure).toMatchObject({ error: "bad_range", detail: expect.stringContaining("of 151") });
  });

  it("is refused if its Content-Length does not match its range", async () => {
    const target = pathOf([right], { bytes: "99" });
    expect(await fetch(target, keptOf(target))).toMatchObject({
      error: "bad_range",
      detail: expect.stringContaining("99 bytes"),
    });
  });

  it("is refused if its Last-Modified has changed", async () => {
    const target = pathOf([right, `Last-Modified: ${LATER}`]);
    const failure = await fetch(target, keptOf(target, { validator: MODIFIED }));
    expect(failure).toMatchObject({ error: "bad_range", detail: expect.stringContaining("another version") });
  });

  it.each([
    [50, "chunked"],
    [50, "nolength"],
    [100_000, "chunked"],
    [100_000, "nolength"],
  ])(
    "with fewer bytes than its range is truncated, and with more bad_range: from byte %i, %s",
    async (from, framing) => {
      const bytes = from * 2;
      const header = [`bytes ${from}-${from + bytes - 1}/${from + bytes}`];
      const sent = async (count: number) => {
        const target = pathOf(header, { [framing]: "1", bytes: String(count) });
        return collect(await fetch(target, keptOf(target, { bytes: from })));
      };
      expect(await sent(bytes - 1)).toMatchObject({ error: "truncated" });
      expect(await sent(bytes + 1)).toMatchObject({ error: "bad_range" });
    },
  );

  it("that was not requested is stored if it has the whole body by its range and length, as in curl and browsers", async () => {
    const target = pathOf(["bytes 0-99/100", `ETag: ${TAG}`]);
    for (const ask of [undefined, { known: { etag: '"two"' } }]) {
      const answer = await fetch(target, ask);
      expect(answer).toMatchObject({ status: 206, lengthVerified: true });
      expect(answer).not.toHaveProperty("from");
      expect(await collect(answer)).toEqual(body(100));
    }
  });

  it.each<[string, string[], Record<string, string>]>([
    ["is not all of it", ["bytes 0-99/101"], {}],
    ["begins later", ["bytes 1-100/101"], {}],
    ["is of a whole of unknown length", ["bytes 0-99/*"], {}],
    ["is shorter than its range", ["bytes 0-99/100"], { bytes: "99" }],
    ["is longer than its range", ["bytes 0-99/100"], { bytes: "101" }],
    ["has no length of its own", ["bytes 0-99/100"], { nolength: "1" }],
    ["has two ranges", ["bytes 0-99/100", "bytes 0-99/100"], {}],
    ["has several parts", ["bytes 0-99/100", "Content-Type: multipart/byteranges; boundary=x"], {}],
  ])("that was not requested is refused if it %s", async (_, header, more) => {
    expect(await fetch(pathOf(header, more))).toMatchObject({
      error: "bad_range",
      detail: expect.stringContaining("not asked"),
    });
  });

  it("that was not requested is refused, also after a conditional request", async () => {
    const target = pathOf([right]);
    expect(await fetch(target)).toMatchObject({ error: "bad_range" });
    expect(await fetch(target, { known: { etag: TAG } })).toMatchObject({ error: "bad_range" });
  });
});

describe("partialRangeOf", () => {
  const small = fc.integer({ min: 0, max: 4 });

  it("accepts exactly the ranges that begin after the kept bytes and reach the end", () => {
    const target = new URL("http://a/");
    fc.assert(
      fc.property(
        small,
        small,
        small,
        fc.integer({ min: 1, max: 4 }),
        fc.option(small, { nil: undefined }),
        (...ns) => {
          const [from, last, whole, bytes, known] = ns;
          const kept = {
            bytes,
            validator: TAG,
            url: "http://a/",
            ...(known === undefined ? {} : { wholeBytes: known }),
          };
          const raw = `Content-Range: bytes ${from}-${last}/${whole}\r\n`;
          const part = partialRangeOf(readHeaders(raw), raw, { kept, headers: [], target });
          const isEnd = from === bytes && last === whole - 1 && whole > from && (known ?? whole) === whole;
          expect(part).toMatchObject(isEnd ? { from, bytes: whole - from, wholeBytes: whole } : { error: "bad_range" });
        },
      ),
      { numRuns: 2000 },
    );
  });
});
