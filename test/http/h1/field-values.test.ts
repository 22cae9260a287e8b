// Header values: exactly the blanks around them are trimmed (RFC 9110 section 5.6.3), byte for byte.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHeaders, trimBlanks, valuesOf } from "../../../src/http/semantics/headers.ts";
import { collect, testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";
import { rawServer } from "../../support/servers/raw-server.ts";

const blanks = fc.array(fc.constantFrom(" ", "\t"), { maxLength: 4 }).map((all) => all.join(""));
/** A valid header value: it neither begins nor ends with SP or HTAB. */
const value = fc
  .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff })), { minLength: 1 })
  .map((bytes) => String.fromCharCode(...bytes).replace(/^ +| +$/g, ""));

describe("a header's value", () => {
  it("is trimmed of SP and HTAB and of no other byte, not even A0, which ends characters of UTF-8", () => {
    fc.assert(
      fc.property(value, blanks, blanks, fc.constantFrom("\r\n", "\n"), (text, before, after, end) => {
        expect(trimBlanks(before + text + after)).toBe(text);
        const fields = `ETag:${before}${text}${after}${end}Location:${before}${text}${after}${end}`;
        expect(readHeaders(fields)).toMatchObject({ etag: text, locations: [text] });
        expect(valuesOf(fields, "etag")).toEqual([text]);
      }),
    );
  });
});

describe("a redirect", () => {
  it.each([
    ["voil\u00c3\u00a0", "/voil%C3%A0"],
    ["caf\u00e9", "/caf%E9"],
    ["\u0083\\.zip", "/%83%5C.zip"],
  ])("to %j requests %s", async (location, path) => {
    const server = own(
      await rawServer(
        (asked) =>
          asked === "/"
            ? `HTTP/1.1 302 Found\r\nLocation: \t/${location} \t\r\nContent-Length: 0\r\n\r\n`
            : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        true,
      ),
    );
    const get = own(testGet());
    expect(String(await collect(await get.fetch(new URL(server.url("/")))))).toBe("ok");
    expect(server.requests.map((request) => request.path)).toEqual(["/", path]);
  });
});
