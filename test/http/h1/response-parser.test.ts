// The HTTP/1.1 parser: results are independent of how the bytes are split, and ambiguous answers are refused (RFC 9112).

import {
  array,
  assert,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
  string,
  tuple,
  uint8Array,
} from "fast-check";
import { describe, expect, it } from "vitest";
import { headMemory } from "../../../src/http/h1/partial-header-block.ts";
import { type ResponseParser, responseParser } from "../../../src/http/h1/response-parser.ts";

interface Parsed {
  status: number;
  body: string;
  isComplete: boolean;
  isReusable: boolean;
  isWholeAtEnd: boolean;
  error: string;
  started: number;
}

/** Parses an answer that arrives in these pieces, before the connection ends. */
function parsed(pieces: readonly Buffer[], one: ResponseParser = responseParser()): Parsed {
  const all: Parsed = {
    status: 0,
    body: "",
    isComplete: false,
    isReusable: false,
    isWholeAtEnd: false,
    error: "",
    started: 0,
  };
  one.expect({
    onResponseStarted: () => all.started++,
    onHeaders(status) {
      if (status >= 200) all.status = status;
    },
    onData(piece) {
      all.body += piece.toString("latin1");
      return true;
    },
    onComplete() {
      all.isComplete = true;
    },
  });
  for (const piece of pieces) {
    const shared = Buffer.from(piece);
    const goOn = one.parse(shared, false);
    shared.fill("#"); // the result must not depend on it
    if (typeof goOn === "object") return { ...all, error: goOn.error };
  }
  all.isReusable = one.isReusable();
  if (!all.isComplete) all.isWholeAtEnd = one.finish();
  return all;
}

const answer = (head: string, body = "") => Buffer.from(`${head.replaceAll("\n", "\r\n")}${body}`, "latin1");
const whole = (head: string, body = "") => parsed([answer(head, body)]);
const OK = "HTTP/1.1 200 OK\n";

describe("the end of a body", () => {
  it("is known by its length", () => {
    expect(whole(`${OK}Content-Length: 5\n\n`, "hello")).toMatchObject({
      status: 200,
      body: "hello",
      isComplete: true,
      isReusable: true,
      started: 1,
    });
    expect(whole(`${OK}Content-Length: 6\n\n`, "hello")).toMatchObject({ isComplete: false, isWholeAtEnd: false });
    expect(whole(`${OK}Content-Length: 0\n\n`)).toMatchObject({ body: "", isComplete: true, isReusable: true });
  });

  it("is known by its last chunk", () => {
    const chunked = `${OK}Transfer-Encoding: chunked\n\n`;
    const good = "4\r\nwiki\r\n5 ;a=b\r\npedia\r\n0\r\nTrailer: x\r\n\r\n";
    expect(whole(chunked, good)).toMatchObject({ body: "wikipedia", isComplete: true, isReusable: true });
    expect(whole(chunked, good.replaceAll("\r\n", "\n"))).toMatchObject({ body: "wikipedia", isComplete: true });
    for (let cut = 0; cut < good.length; cut++) {
      expect(whole(chunked, good.slice(0, cut))).toMatchObject({ isComplete: false, isWholeAtEnd: false, error: "" });
    }
    for (const bad of [
      "x\r\n",
      "\r\n",
      "-1\r\n",
      "000g\r\n",
      "4\r\nwikis\r\n",
      "0x4\r\nwiki\r\n",
      `${"f".repeat(14)}\r\n`,
      "4,\r\n",
    ]) {
      expect(whole(chunked, bad), bad).toMatchObject({ error: "protocol_error" });
    }
    expect(whole(chunked, `1;${"x".repeat(20_000)}`)).toMatchObject({ error: "protocol_error" });
  });

  it("is known by chunks whose sizes have leading zeros, up to the maximum of a line (1*HEXDIG)", () => {
    const chunked = `${OK}Transfer-Encoding: chunked\n\n`;
    for (const zeros of [1, 7, 8, 13, 16, 17, 100, 10_000]) {
      const padded = `${"0".repeat(zeros)}a\r\n0123456789\r\n${"0".repeat(zeros)}\r\n\r\n`;
      expect(whole(chunked, padded)).toMatchObject({ body: "0123456789", isComplete: true, isReusable: true });
    }
    for (const size of [`${"0".repeat(20)}1${"0".repeat(13)}`, `${"0".repeat(20_000)}1`])
      expect(whole(chunked, `${size}\r\n`)).toMatchObject({ error: "protocol_error" });
  });

  it("comes after at most 16 KiB of trailers, in one line or many, in any pieces", () => {
    const chunked = `${OK}Transfer-Encoding: chunked\n\n`;
    for (const trailers of [`a: ${"x".repeat(999)}\r\n`.repeat(20), `a: ${"x".repeat(20_000)}`, "x".repeat(20_000)]) {
      const bytes = answer(chunked, `0\r\n${trailers}`);
      const pieces = Array.from({ length: 21 }, (_, i) => bytes.subarray(i * 1000, (i + 1) * 1000));
      for (const parts of [[bytes], pieces]) expect(parsed(parts)).toMatchObject({ error: "headers_too_large" });
    }
    expect(whole(chunked, `0\r\na: ${"x".repeat(16_000)}\r\n\r\n`)).toMatchObject({ isComplete: true });
  });

  it.each([
    "chunked",
    "CHUNKED",
    ", chunked ,,",
    "identity, chunked",
    "chunked, identity",
    "chunked,chunked",
    "chunked\nTransfer-Encoding: chunked",
  ])("is known by its last chunk if a list of codings is equivalent to chunked: %j", (list) => {
    expect(whole(`${OK}Transfer-Encoding: ${list}\n\n`, "1\r\na\r\n0\r\n\r\n")).toMatchObject({
      body: "a",
      isComplete: true,
      isReusable: true,
    });
  });

  it.each(["identity", "", " , ", "Identity, identity"])(
    "is found as if a Transfer-Encoding without codings were absent: %j",
    (list) => {
      const head = `${OK}Transfer-Encoding: ${list}\n`;
      expect(whole(`${head}Content-Length: 2\n\n`, "ab")).toMatchObject({
        body: "ab",
        isComplete: true,
        isReusable: true,
      });
      expect(whole(`${head}\n`, "ab")).toMatchObject({ body: "ab", isWholeAtEnd: true, isReusable: false });
    },
  );

  it.each([
    "Content-Length: 5\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\nContent-Length: 1",
    "Content-Length: 5\nContent-Length: 6\nTransfer-Encoding: identity, chunked",
  ])(
    "is parsed by chunks beside a length, and the connection is not used again (RFC 9112 section 6.3): %j",
    (fields) => {
      const chunked = whole(`${OK}${fields}\n\n`, "1\r\na\r\n0\r\n\r\n");
      expect(chunked).toMatchObject({ body: "a", isComplete: true, isReusable: false });
      expect(whole(`${OK}${fields}\n\n`, "hello")).toMatchObject({ error: "protocol_error" });
    },
  );

  it("is the end of the connection if there is neither a length nor chunks", () => {
    for (const head of [OK, "HTTP/1.0 200 OK\n", "HTTP/1.1 404\n"]) {
      expect(whole(`${head}\n`, "hello")).toMatchObject({ body: "hello", isComplete: true, isWholeAtEnd: true });
      expect(whole(`${head}\n`, "hello").isReusable).toBe(false);
    }
  });

  it("is at once for statuses without a body", () => {
    for (const status of [204, 304]) {
      const bodiless = whole(`HTTP/1.1 ${status} X\nContent-Length: 5\n\n`);
      expect(bodiless).toMatchObject({ status, isComplete: true, isReusable: true });
    }
  });
});

describe("a connection", () => {
  it.each([
    ["HTTP/1.1 200 OK\nContent-Length: 0\n\n", true],
    ["HTTP/1.1 200 OK\nContent-Length: 0\nConnection: close\n\n", false],
    ["HTTP/1.1 200 OK\nContent-Length: 0\nConnection: foo, CLOSE\n\n", false],
    ["HTTP/1.0 200 OK\nContent-Length: 0\n\n", false],
    ["HTTP/1.0 200 OK\nContent-Length: 0\nConnection: keep-alive\n\n", true],
    ["HTTP/1.0 200 OK\nTransfer-Encoding: chunked\nConnection: keep-alive\n\n0\n\n", false],
  ])("after %j is reusable: %s", (head, reusable) => {
    expect(whole(head).isReusable).toBe(reusable);
  });

  it("is not reused after data without a request, even if that arrives later", () => {
    expect(whole(`${OK}Content-Length: 5\n\n`, "hello!").isReusable).toBe(false);
    const one = responseParser();
    expect(parsed([answer(`${OK}Content-Length: 0\n\n`)], one).isReusable).toBe(true);
    one.parse(Buffer.from("H"), false);
    expect(one.isReusable()).toBe(false);
  });

  it("carries one answer after another without state from the previous one", () => {
    const one = responseParser();
    for (let i = 0; i < 3; i++) {
      expect(parsed([answer(`\n${OK}Transfer-Encoding: chunked\n\n`, "1\r\na\r\n0\r\n\r\n")], one).body).toBe("a");
      expect(parsed([answer(`${OK}Content-Length: 1\n\n`, "b")], one).body).toBe("b");
    }
  });
});

describe("a header block", () => {
  it("may follow any number of informational answers (RFC 9110 section 15.2)", () => {
    const many = "HTTP/1.1 103 Early Hints\nLink: </a>\n\n".repeat(50);
    const late = `HTTP/1.1 100 Continue\n\n${many}${OK}Content-Length: 2\n\n`;
    expect(whole(late, "ab")).toMatchObject({ status: 200, body: "ab", isReusable: true });
    expect(whole("HTTP/1.1 101 Switching Protocols\n\n")).toMatchObject({ error: "protocol_error" });
  });

  it("is not read after 256 KiB of informational answers or blank lines", () => {
    for (const piece of ["HTTP/1.1 103 \r\n\r\n", "\r\n", "HTTP/1.1 103 X\r\nA: b\r\n\r\n\r\n"]) {
      const one = responseParser();
      one.expect({ onResponseStarted() {}, onHeaders() {}, onData: () => true, onComplete() {} });
      const few = Buffer.from(piece.repeat(Math.floor(200_000 / piece.length)));
      expect([one.parse(few, false), one.parse(few, false)]).toEqual([true, false]);
    }
  });

  it("may have bare line feeds, folded lines and no reason phrase", () => {
    expect(parsed([Buffer.from("HTTP/1.1 200\nA: b\r\nContent-Length: 1\n\nx")])).toMatchObject({
      body: "x",
      isComplete: true,
    });
    expect(whole(`${OK}X: a\n  b\n\tc\nContent-Length:\n 1\n\n`, "x")).toMatchObject({ body: "x", isComplete: true });
  });

  it.each([
    "SSH-2.0-OpenSSH_9.2\n\n",
    "HTTP/2 200 OK\n\n",
    "HTTP/1.1 20 OK\n\n",
    "HTTP/1.1 099 OK\n\n",
    "HTTP/1.1 2000 OK\n\n",
    "ICY 200 OK\n\n",
    "<html>",
    `${OK}Content-Length : 5\n\n`,
    `${OK}X: a\0b\n\n`,
    `${OK}X: a\rb\n\n`,
    `${OK}Content-Length: -1\n\n`,
    `${OK}Content-Length: 0x5\n\n`,
    `${OK}Content-Length: \n\n`,
    `${OK}Content-Length: 5\nContent-Length: 6\n\n`,
    `${OK}Content-Length: 5, 6\n\n`,
    `${OK}Content-Length: 99999999999999999999\n\n`,
    `${OK}Content-Length: 5, 05, 6\n\n`,
    `${OK}Content-Length: ${"0".repeat(20)}1${"0".repeat(16)}\n\n`,
  ])("is refused if it is invalid or ambiguous: %j", (head) => {
    expect(whole(head, "hello")).toMatchObject({ error: "protocol_error" });
  });

  it.each(["5, 5", "5\nContent-Length: 5", " 5 ", "05", `${"0".repeat(1000)}5`, "005\nContent-Length: 5, 05"])(
    "with a repeated equal Content-Length has one length: %j",
    (length) => {
      expect(whole(`${OK}Content-Length: ${length}\n\n`, "hello")).toMatchObject({ body: "hello", isComplete: true });
    },
  );

  it("has at most 256 KiB, in any pieces", () => {
    const pieces = (bytes: Buffer, size: number) =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    const endless = answer(`${OK}X: ${"y".repeat(270_000)}`);
    const over = answer(`${OK}X: ${"y".repeat(262_144)}\n\n`);
    const large = answer(`${OK}X: ${"y".repeat(262_000)}\nContent-Length: 1\n\n`, "z");
    for (const size of [1000, 65_536, 300_000]) {
      for (const bytes of [endless, over]) {
        expect(parsed(pieces(bytes, size))).toMatchObject({ error: "headers_too_large" });
      }
      expect(parsed(pieces(large, size))).toMatchObject({ body: "z", isComplete: true });
    }
  });

  it("in pieces shares a memory limit with others, but the first 32 KiB are always accepted", () => {
    const room = headMemory(300_000);
    const large = answer(`${OK}X: ${"y".repeat(262_000)}\nContent-Length: 1\n\n`, "z");
    const [begin, end] = [large.subarray(0, 200_000), large.subarray(200_000)];
    const waiting = Array.from({ length: 2 }, () => responseParser(room));
    expect(waiting.map((one) => parsed([begin], one).error)).toEqual(["", "headers_too_large"]);
    expect(parsed([large], responseParser(room))).toMatchObject({ body: "z" });
    const usual = answer(`${OK}X: ${"y".repeat(50_000)}\nContent-Length: 1\n\n`, "z");
    expect(parsed([usual.subarray(0, 30_000), usual.subarray(30_000)], responseParser(room))).toMatchObject({
      body: "z",
    });
    for (const one of waiting) one.drop();
    expect(room.bytes).toBe(300_000);
    expect(parsed([begin, end], responseParser(room))).toMatchObject({ body: "z" });
    expect(room.bytes).toBe(300_000);
  });
});

const REAL = [
  answer(
    `${OK}Server: nginx/1.22.1\nDate: Sat, 21 Nov 2026 10:00:00 GMT\nContent-Type: text/plain\nContent-Length: 11\n\n`,
    "hello world",
  ),
  answer(
    `${OK}Content-Type: text/html\nTransfer-Encoding: chunked\nConnection: keep-alive\n\n`,
    "b\r\nhello world\r\n1;x\r\n!\r\n0\r\nA: b\r\n\r\n",
  ),
  answer("HTTP/1.1 103 Early Hints\nLink: </x>\n\nHTTP/1.1 404 Not Found\nContent-Length: 3\n\n", "404"),
  answer("HTTP/1.0 200 OK\nContent-Type: text/plain\n\n", "until the end\r\n\r\n"),
  answer("HTTP/1.1 302 Found\nLocation: /elsewhere\nContent-Length: 0\n\n"),
  answer('HTTP/1.1 304 Not Modified\nETag: "x"\n\n'),
];

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).flatMap((to, i) => (to > (at[i] ?? 0) ? [bytes.subarray(at[i], to)] : []));
}

const mutation = oneof(
  record({ kind: constantFrom("set"), at: nat(), bytes: uint8Array({ minLength: 1, maxLength: 4 }) }),
  record({ kind: constantFrom("insert"), at: nat(), bytes: uint8Array({ minLength: 1, maxLength: 40 }) }),
  record({
    kind: constantFrom("insert"),
    at: nat(),
    bytes: constantFrom(
      "\r\n",
      "\n",
      "\r",
      "\0",
      ":",
      " ",
      "\r\n\r\n",
      "0\r\n\r\n",
      "Content-Length: 3\r\n",
      "Transfer-Encoding: chunked\r\n",
    ).map((text) => Buffer.from(text)),
  }),
  record({ kind: constantFrom("remove"), at: nat(), bytes: uint8Array({ minLength: 1, maxLength: 20 }) }),
);

function mutated(bytes: Buffer, { kind, at, bytes: other }: { kind: string; at: number; bytes: Uint8Array }): Buffer {
  const place = at % (bytes.length + 1);
  const rest = kind === "insert" ? place : place + other.length;
  return Buffer.concat([bytes.subarray(0, place), kind === "remove" ? Buffer.alloc(0) : other, bytes.subarray(rest)]);
}

describe("the parser", () => {
  it("returns equal results for any pieces: 20,000 answers, mutations of real ones and random bytes", () => {
    const bytes = oneof(
      {
        arbitrary: tuple(constantFrom(...REAL), array(mutation, { maxLength: 4 })).map(([real, changes]) =>
          changes.reduce(mutated, real),
        ),
        weight: 9,
      },
      { arbitrary: uint8Array({ maxLength: 300 }).map((random) => Buffer.from(random)), weight: 1 },
    );
    assert(
      property(bytes, array(nat(), { maxLength: 8 }), (all, places) => {
        const atOnce = parsed([all]);
        const inPieces = parsed(cut(all, places));
        // After a failure, reuse and body are irrelevant.
        if (atOnce.error !== "") expect(inPieces.error).toBe(atOnce.error);
        else expect(inPieces).toEqual({ ...atOnce, started: inPieces.started });
        if (atOnce.error === "" && !atOnce.isComplete) expect(atOnce.isReusable).toBe(false);
      }),
      { numRuns: 20_000 },
    );
  });

  it("returns the body that was sent, with a length or with chunks of any size, in any pieces", () => {
    assert(
      property(
        uint8Array({ maxLength: 2000 }),
        array(integer({ min: 1, max: 500 }), { minLength: 1 }),
        array(nat(), { maxLength: 9 }),
        string(),
        (body, sizes, places, junk) => {
          const sent = Buffer.from(body);
          let chunked = "";
          for (let at = 0, i = 0; at < sent.length; i++) {
            const part = sent.subarray(at, at + (sizes[i % sizes.length] ?? 1));
            chunked += `${part.length.toString(16)};${junk.replaceAll(/[^a-z]/g, "")}\r\n${part.toString("latin1")}\r\n`;
            at += part.length;
          }
          const lengthy = answer(`${OK}Content-Length: ${sent.length}\n\n`, sent.toString("latin1"));
          const parts = answer(`${OK}Transfer-Encoding: chunked\n\n`, `${chunked}0\r\n\r\n`);
          for (const bytes of [lengthy, parts]) {
            const { body: got, isComplete, isReusable } = parsed(cut(bytes, places));
            expect([got, isComplete, isReusable]).toEqual([sent.toString("latin1"), true, true]);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
