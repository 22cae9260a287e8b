// Header blocks with invalid lines: skipped as in browsers and curl, and refused if they may affect the end of the body.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHead } from "../../../src/http/h1/header-block.ts";
import { readLenientHead } from "../../../src/http/h1/lenient-header-block.ts";
import { fieldSections } from "../../../src/http/h2/field-sections.ts";
import { FLAG } from "../../../src/http/h2/frames.ts";
import { readHeaders } from "../../../src/http/semantics/headers.ts";
import { collect, testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";
import { rawServer } from "../../support/servers/raw-server.ts";

/** Parses an answer with this status line, these header lines and a body of five bytes. */
async function got(head: string) {
  const server = own(await rawServer(() => `${head}\r\nhello`));
  const get = own(testGet());
  const answer = await get.fetch(new URL(server.url("/")));
  const body = await collect(answer);
  return { answer, body: Buffer.isBuffer(body) ? body.toString() : body };
}
const withLines = (...lines: string[]) =>
  got(["HTTP/1.1 200 OK", ...lines, "Content-Length: 5", "ETag: x", ""].join("\r\n"));

describe("an invalid header line is skipped:", () => {
  it.each([
    ["a warning of PHP", "PHP Warning:  Undefined variable $x in /var/www/x.php on line 3"],
    ["blanks in a name", "X Frame Options: DENY"],
    ["no name", ": v"],
    ["no name and no value", ":"],
    ["no colon", "no colon"],
    ["a second status line", "HTTP/1.1 200 OK"],
    ["a control character in a name", "X\x1bY: 1"],
    ["a TAB in a name", "X\tY: 1"],
    ["DEL in a name", "X\x7f: 1"],
    ["UTF-8 in a name", "N\xc3\xa4me: 1"],
    ["Latin-1 in a name", "N\xe4me: 1"],
    ["a byte order mark", "\xef\xbb\xbfServer: x"],
    ["brackets", "<meta name=x>: 1"],
    ["a first line that begins with a blank", " folded first: 1"],
    ["a first line of blanks", " \t "],
    ["what goes on with such a line", "no colon\r\n ETag: no\r\n\tmore"],
  ])("%s", async (_, line) => {
    expect(await withLines(line)).toMatchObject({ body: "hello", answer: { status: 200, etag: "x", wholeBytes: 5 } });
  });

  it("also if it is the last line, or the only one", async () => {
    expect(await got("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nno colon\r\n")).toMatchObject({ body: "hello" });
    expect(await got("HTTP/1.1 200 OK\r\nno colon\r\n")).toMatchObject({ body: "hello" });
  });
});

describe("a header is accepted", () => {
  it.each([
    ["with a blank before its colon", "Last-Modified : then", "then"],
    ["with blanks before its colon", "LAST-MODIFIED \t : \tthen", "then"],
    ["without the control characters in its value", "Last-Modified: th\x1b\x7fen\x01", "then"],
    ["with folded lines that have control characters", "Last-Modified: th\r\n \x02en", "th en"],
    ["after an invalid line", "no colon\r\nLast-Modified: then", "then"],
    ["with non-ASCII bytes in its value", "no colon\r\nLast-Modified: \xc3\xa0", "\xc3\xa0"],
  ])("%s", async (_, line, value) => {
    expect(await withLines(line)).toMatchObject({ body: "hello", answer: { lastModified: value, etag: "x" } });
  });

  it("a redirect with a blank before the colon of Location is followed", async () => {
    const server = own(
      await rawServer(
        (path) =>
          path === "/"
            ? "HTTP/1.1 302 Found\r\nLocation : /there\r\nContent-Length: 0\r\n\r\n"
            : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        true,
      ),
    );
    const get = own(testGet());
    expect(String(await collect(await get.fetch(new URL(server.url("/")))))).toBe("hello");
    expect(server.requests.map(({ path }) => path)).toEqual(["/", "/there"]);
  });
});

describe("the status", () => {
  it.each([
    "HTTP/1.1 200OK",
    "HTTP/1.1 200\tOK",
    "HTTP/1.1 200\t",
    "HTTP/1.1  200 OK",
    "HTTP/1.1\t200",
    "HTTP/1.0 200;",
  ])("is read from %j", async (line) => {
    expect(await got(`${line}\r\nContent-Length: 5\r\n`)).toMatchObject({ body: "hello", answer: { status: 200 } });
  });

  it.each([
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 099OK",
    "HTTP/1.1 OK 200",
    "HTTP/1.1200 OK",
    "HTTP/1.2 200 OK",
    "HTTP/1.1 200\0OK",
    "HTTP/1.1 200\rOK",
  ])("is not read from %j", async (line) => {
    expect(await got(`${line}\r\nContent-Length: 5\r\n`)).toMatchObject({ body: { error: "protocol_error" } });
  });
});

describe("a line that may affect the end of the body is refused:", () => {
  it.each([
    "Content-Length : 5",
    "Transfer-Encoding\t: chunked",
    "Content Length: 5",
    "Content-Length 5",
    "Transfer-Encoding chunked",
    "(Content-Length): 5",
    "Content\x0b-Length: 5",
    "Content-Length\x7f: 5",
    "\xef\xbb\xbfContent-Length: 5",
    "Transfer\xa0Encoding: chunked",
    ": Transfer-Encoding: chunked",
    " Content-Length: 5",
    "\tTransfer-Encoding: chunked",
    "no colon\r\n Content-Length: 5",
    "Content-Length: 5\x01",
    "Content-Length:\r\n \x015",
    "Transfer-Encoding: chunked\x0b",
    "no colon\r\nContent-Length: 6",
  ])("%j", async (line) => {
    // After another line, one that begins with a blank continues it.
    for (const before of /^[ \t]/.test(line) ? [""] : ["", "X: 1\r\n", "no colon\r\n"]) {
      const { body } = await got(`HTTP/1.1 200 OK\r\n${before}${line}\r\nContent-Length: 5\r\n`);
      expect(body).toMatchObject({ error: "protocol_error" });
    }
  });

  it.each(["X: a\0b", "X\0: a", "\0", "X: a\rb", "X: a\r", "\rX: a", "no\rcolon", " \r", " \0"])(
    "NUL or a bare carriage return anywhere is refused: %j",
    async (line) => {
      expect((await withLines(line)).body).toMatchObject({ error: "protocol_error" });
    },
  );
});

it("over HTTP/2 control characters are removed from values, except from a Content-Length", () => {
  const literal = (text: string) => Buffer.from(`${String.fromCharCode(text.length)}${text}`, "latin1");
  const block = [":status", "200", "etag", "a\x1bb\x7f", "content-length", "5\x01"].map(literal);
  const bytes = Buffer.concat(block.flatMap((one, i) => (i % 2 === 0 ? [Buffer.of(0), one] : [one])));
  const sections: string[] = [];
  fieldSections((_, section) => sections.push(section.fields)).onHeadersFrame(1, FLAG.endHeaders, bytes);
  expect(sections).toEqual(["etag: ab\r\ncontent-length: 5\x01\r\n"]);
});

describe("the strict and the lenient parser", () => {
  const name = fc.constantFrom("X", "ETag", "Location", "Content-Type", "content-encoding", "Connection", "A_b.c");
  const value = fc
    .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff }), fc.constant(9)))
    .map((bytes) => String.fromCharCode(...bytes));
  const end = fc.constantFrom("\r\n", "\n");
  const line = fc
    .tuple(name, fc.array(value, { minLength: 1, maxLength: 3 }), end)
    .map(([key, values, feed]) => `${key}:${values.join(`${feed} `)}${feed}`);
  const block = fc
    .tuple(fc.constantFrom("HTTP/1.1 200 OK", "HTTP/1.0 404", "HTTP/1.1 302 \x1b"), end, fc.array(line), end)
    .map(([status, feed, lines, last]) => ({ start: status + feed, lines, last }));

  it("parse valid header blocks to equal results", () => {
    fc.assert(
      fc.property(block, ({ start, lines, last }) => {
        const text = start + lines.join("") + last;
        const [right, odd] = [readHead(text), readLenientHead(text)];
        expect({ ...odd, fields: readHeaders(odd?.fields ?? "") }).toEqual({
          ...right,
          fields: readHeaders(right?.fields ?? ""),
        });
      }),
    );
  });

  it("skip an invalid line at any position as if it were absent", () => {
    const odd = fc.constantFrom("no colon", ": v", "PHP Warning:  x", "N\xe4me: v", "X\x01: v", "\x1b", "a b: c");
    fc.assert(
      fc.property(block, odd, fc.nat(), end, ({ start, lines, last }, text, place, feed) => {
        const at = place % (lines.length + 1);
        const mixed = [...lines.slice(0, at), text + feed, ...lines.slice(at)];
        const [without, withIt] = [lines, mixed].map((all) => readHead(start + all.join("") + last));
        expect(withIt).toBeDefined();
        expect(readHeaders(withIt?.fields ?? "")).toEqual(readHeaders(without?.fields ?? ""));
      }),
    );
  });

  it("refuse a framing name with any odd characters at any position", () => {
    const odd = fc.constantFrom(...' \t\x01\x0b\x1f\x7f\x80\xa0\xff(),/;<=>?@[\\]{}"');
    const framing = fc.constantFrom("Content-Length", "Transfer-Encoding", "content-length", "TRANSFER-ENCODING");
    fc.assert(
      fc.property(framing, fc.array(fc.tuple(odd, fc.nat()), { minLength: 1, maxLength: 3 }), (whole, marks) => {
        let text = whole;
        for (const [mark, place] of marks) {
          const at = place % (text.length + 1);
          text = text.slice(0, at) + mark + text.slice(at);
        }
        expect(readHead(`HTTP/1.1 200 OK\r\n${text}: 5\r\n\r\n`)).toBeUndefined();
      }),
    );
  });
});
