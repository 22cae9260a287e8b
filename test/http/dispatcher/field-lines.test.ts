// Conversion of header lines to and from the forms of undici: names, bytes, and no more lines than headers.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headersOf, linesOf, linesOfRaw } from "../../../src/http/dispatcher/field-lines.ts";

const fields = fc.dictionary(
  fc.oneof(fc.constantFrom("content-length", "location", "transfer-encoding", "retry-after", "x"), fc.string()),
  fc.oneof(fc.constantFrom("5", "chunked", "/a", "-1"), fc.string({ unit: "binary" }), fc.array(fc.string())),
);

describe("the headers of a dispatcher", () => {
  it("of a request have lower-case names, arrays for repeated ones, and no Host of the origin", () => {
    const lines = "host: a:80\r\nX-A: 1\r\nx-a:  2\r\n__proto__: 3\r\naccept: */*\r\n";
    expect(Object.entries(headersOf(lines, "http://a:80"))).toEqual([
      ["x-a", ["1", "2"]],
      ["__proto__", "3"],
      ["accept", "*/*"],
    ]);
    expect(headersOf(lines, "http://b")).toHaveProperty("host", "a:80");
  });

  it("of an answer keep their bytes, whether undici decodes them as UTF-8 or Latin-1", () => {
    const value = Buffer.from("/voilà");
    const raw = [Buffer.from("Location"), value];
    const line = `location: ${value.toString("latin1")}\r\n`;
    expect(linesOf({ location: value.toString("utf8") }, raw)).toBe(line);
    expect(linesOf({ location: value.toString("latin1") }, raw)).toBe(line);
    expect(linesOfRaw(raw)).toBe(line.replace("location", "Location"));
    const latin1 = Buffer.from("/voil\xe0", "latin1");
    expect(linesOf({ location: latin1.toString("utf8") }, ["location", latin1])).toBe("location: /voil\xe0\r\n");
  });

  it("of an answer are those that an interceptor has set", () => {
    const raw = ["Content-Encoding", "gzip", "Content-Length", "5"].map((one) => Buffer.from(one));
    expect(linesOf({ "content-length": "9" }, raw)).toBe("content-length: 9\r\n");
  });

  it("never become more lines than there are headers", () => {
    const anything = fc.oneof(fields, fc.anything({ withNullPrototype: true }));
    fc.assert(
      fc.property(anything, anything, (headers, raw) => {
        for (const lines of [linesOf(headers, raw), linesOf(headers, [raw, headers]), linesOfRaw([headers, raw])])
          expect(lines).toMatch(/^(?:[!#$%&'*+.^_`|~\w-]+: [^\0\r\n]*\r\n)*$/);
      }),
      { numRuns: 2000 },
    );
  });
});
