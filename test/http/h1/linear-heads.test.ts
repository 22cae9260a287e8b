// Header blocks of maximum length with worst-case content are parsed in linear time.

import { describe, expect, it } from "vitest";
import { responseParser } from "../../../src/http/h1/response-parser.ts";
import { cookies } from "../../../src/http/identity/cookies.ts";
import { decodeBody } from "../../../src/http/semantics/content-decoding.ts";
import { evaluate } from "../../../src/http/semantics/evaluate.ts";
import { nextTarget } from "../../../src/http/semantics/redirect.ts";
import { validatorOf } from "../../../src/http/semantics/validators.ts";
import { expectLinear } from "../../support/process/linear.ts";

const FROM = new URL("http://www.x.y.example.com/");
const WISHES = {
  maxFileBytes: Number.POSITIVE_INFINITY,
  respect: { directives: new Set(["noai"]), agent: "bulkget" },
};

/** Everything that is done with the headers of an answer. */
function read(lines: string, status: number, pieceBytes = Number.POSITIVE_INFINITY): boolean {
  const one = responseParser();
  const jar = cookies([""]);
  let isRead = false;
  one.expect({
    onResponseStarted() {},
    onHeaders(_, headers, fields) {
      isRead = true;
      const verdict = evaluate(status, headers, fields, undefined, WISHES);
      if (headers.contentEncoding !== undefined) decodeBody([], headers.contentEncoding, WISHES.maxFileBytes);
      if (verdict !== undefined && "reply" in verdict && "locations" in verdict.reply) nextTarget(verdict.reply, FROM);
      validatorOf(headers, fields);
      jar.setCookies(fields, FROM);
      jar.header(FROM, true);
    },
    onData: () => true,
    onComplete() {},
  });
  const bytes = Buffer.from(`HTTP/1.1 ${status} OK\r\n${lines}\r\n`, "latin1");
  for (let at = 0; at < bytes.length; at += pieceBytes) one.parse(bytes.subarray(at, at + pieceBytes), false);
  return isRead;
}

/** A quarter of the maximum: with four times as many short strings, the garbage collector dominates the time. */
const LONGEST = 65_000;
const times = (piece: string, length: number) => piece.repeat(Math.max(1, Math.floor(length / piece.length)));
const one =
  (name: string, piece: string, end = "") =>
  (length: number) =>
    `${name}: ${times(piece, length - name.length - end.length - 4)}${end}\r\n`;
const lines = (line: string) => (length: number) => times(`${line}\r\n`, length);

const KINDS: Readonly<Record<string, (length: number) => string>> = {
  "Locations that are the same": lines("Location: /a"),
  "Locations that differ": (length) =>
    Array.from({ length: Math.floor(length / 16) }, (_, i) => `Location: /${String(i).padStart(4, "0")}\r\n`).join(""),
  "a Set-Cookie that begins with semicolons": one("Set-Cookie", ";", "a=b"),
  "a cookie with empty attributes": (length) => `Set-Cookie: a=b${times(";", length - 20)}\r\n`,
  "Set-Cookies": lines("Set-Cookie: a=b; Domain=x.y.example.com; Path=/"),
  "a Set-Cookie with a deep Domain": (length) => `Set-Cookie: a=b; Domain=${times("a.", length - 60)}example.com\r\n`,
  "Set-Cookies with deep Domains": lines(`Set-Cookie: a=b; Domain=${"a.".repeat(600)}example.com`),
  "Set-Cookies with dates that are none": lines(`Set-Cookie: a=b; Expires=${"1:1:1 ".repeat(700)}`),
  blanks: one("X", " ", "y"),
  "a Content-Encoding": one("Content-Encoding", "gzip,"),
  "Content-Encodings": lines("Content-Encoding: gzip"),
  "a Transfer-Encoding": one("Transfer-Encoding", "chunked,"),
  "Transfer-Encodings": lines("Transfer-Encoding: chunked"),
  "a Connection": one("Connection", "a,"),
  Connections: lines("Connection: a"),
  "a Content-Length": one("Content-Length", "5,", "5"),
  "Content-Lengths": lines("Content-Length: 5"),
  "a Content-Length of many digits": one("Content-Length", "5"),
  "an X-Robots-Tag": one("X-Robots-Tag", "a,"),
  "an X-Robots-Tag with colons": one("X-Robots-Tag", "a:"),
  "an X-Robots-Tag with blanks": one("X-Robots-Tag", " ", "a"),
  "X-Robots-Tags": lines("X-Robots-Tag: a"),
  "Retry-Afters": lines("Retry-After: 1"),
  "a Retry-After of many digits": one("Retry-After", "1"),
  "a Retry-After of weekdays": one("Retry-After", "Sunday, "),
  "folded lines": (length) => `X: a\r\n${times(" b\r\n", length - 6)}`,
  "folded blanks": (length) => `X: a\r\n${times(" \r\n", length - 6)}`,
  "a name without a colon": (length) => times("a", length),
  "empty headers, and at last one that is none": (length) => `${times("a:\r\n", length)}b\r\n`,
  "folded lines, and at last one that is none": (length) => `X: a\r\n${times(" b\r\n", length)}\x01\r\n`,
  "lines that are none": lines("b"),
  "lines that may frame but for their end": lines(":content-lengt"),
  "letters apart from each other, without a colon": (length) => `${times("c ", length)}\r\n`,
  "blanks before a colon": (length) => `X${times(" ", length - 6)}:\r\n`,
  "control characters": one("X", "a\x01"),
  "folded lines behind one that is none": (length) => `b\r\n${times(" c\r\n", length - 6)}`,
  "bare line feeds": (length) => times("a:\n", length),
  "carriage returns": one("X", "\r"),
  "a Link": one("Link", "<a>,"),
  "a WWW-Authenticate": one("WWW-Authenticate", 'Basic realm="x",'),
  "an ETag": one("ETag", "x"),
  "Last-Modifieds": lines("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"),
  "Content-Ranges": lines("Content-Range: bytes 1-2/3"),
};

describe("a header block is parsed in linear time if it is full of", () => {
  it.each(Object.entries(KINDS))("%s", (_, made) => {
    for (const status of [200, 206, 302, 503]) {
      expectLinear(LONGEST, (size) => void read(made(size), status));
    }
  });
});

it("a header block that arrives byte by byte is parsed in linear time", () => {
  expect(read(lines("X: y")(LONGEST), 200, 1)).toBe(true);
  expectLinear(LONGEST, (size) => void read(lines("X: y")(size), 200, 1));
});
