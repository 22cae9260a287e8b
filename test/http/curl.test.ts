// Unusual answers compared with curl: whatever curl stores as complete has the same bytes here, except for a list of cases.

import { execFile, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { collect, testGet } from "../support/get.ts";
import { own, ownFolder } from "../support/own.ts";
import { rawServer } from "../support/servers/raw-server.ts";

const STATUS_LINES = [
  "HTTP/1.1 200 OK",
  "HTTP/1.0 200 OK",
  "HTTP/1.1 200",
  "HTTP/1.1 200 ",
  "HTTP/1.1 200OK",
  "HTTP/1.1 200\tOK",
  "HTTP/1.1\t200 OK",
  "HTTP/1.1  200 OK",
  "HTTP/1.1 200 \x1b[31m\xe4",
  "HTTP/1.1 2000 OK",
  "HTTP/1.1 20 OK",
  "HTTP/1.2 200 OK",
  "HTTP/2 200",
  "http/1.1 200 OK",
  "HTTP/1.1 200 a\0b",
  "\r\nHTTP/1.1 200 OK",
  "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK",
  "HTTP/1.1 100 Continue\r\nno colon\r\n\r\nHTTP/1.1 200 OK",
];

const LINES = [
  "PHP Warning:  x",
  "X Frame Options: DENY",
  ": v",
  "no colon",
  "Server : x",
  "Server\t: x",
  " folded first: 1",
  "\tno colon",
  "X: a\r\n b\r\n\tc",
  "N\xc3\xa4me: v",
  "X\x1bY: v",
  "X: a\x1bb",
  "X: a\0b",
  "X: a\rb",
  "HTTP/1.1 200 OK",
  `X: ${"y".repeat(70_000)}`,
  `X: ${"y".repeat(90_000)}`,
  "Content-Encoding: none",
  "Content-Encoding:",
  "ETag: x",
  "Connection: close",
  "Connection : keep-alive",
  "Location: /elsewhere",
  "Trailer: X",
];

const CHUNKS = "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n";

/** Header lines that decide the end of the body, and the bytes after the header block. */
const FRAMINGS: readonly (readonly [lines: string, body: string])[] = [
  ["Content-Length: 5\r\n", "hello"],
  ["Content-Length: 05\r\n", "hello"],
  [`Content-Length: ${"0".repeat(40)}5\r\n`, "hello"],
  ["Content-Length:5 \t\r\n", "hello"],
  ["Content-Length: 5\r\nContent-Length: 5\r\n", "hello"],
  ["Content-Length: 5\r\nContent-Length: 6\r\n", "hello"],
  ["Content-Length: 5, 5\r\n", "hello"],
  ["Content-Length: +5\r\n", "hello"],
  ["Content-Length: -5\r\n", "hello"],
  ["Content-Length: 0x5\r\n", "hello"],
  ["Content-Length: 5x\r\n", "hello"],
  ["Content-Length: \r\n", "hello"],
  ["Content-Length: 6\r\n", "hello"],
  ["Content-Length: 5\r\n", "hello, and more"],
  ["Content-Length : 5\r\n", "hello"],
  ["Content Length: 5\r\n", "hello"],
  ["", "hello"],
  ["Transfer-Encoding: chunked\r\n", CHUNKS],
  ["Transfer-Encoding: CHUNKED \r\n", CHUNKS],
  ["Transfer-Encoding: chunked\r\n", CHUNKS.replaceAll("\r\n", "\n")],
  ["Transfer-Encoding: chunked\r\n", CHUNKS.replace("3\r\n", "0003\r\n").replace("2;", "00000000000000000002;")],
  ["Transfer-Encoding: chunked\r\n", CHUNKS.replace("\r\n\r\n", "\r\nX: y\r\nno colon\r\n\r\n")],
  ["Transfer-Encoding: chunked\r\n", CHUNKS.slice(0, -7)],
  ["Transfer-Encoding: chunked\r\n", CHUNKS.slice(0, -2)],
  ["Transfer-Encoding: chunked\r\n", CHUNKS.replace("3\r\n", "3 \r\n")],
  ["Transfer-Encoding: chunked\r\n", "hello"],
  ["Transfer-Encoding: , chunked ,\r\n", CHUNKS],
  ["Transfer-Encoding: chunked, chunked\r\n", CHUNKS],
  ["Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", CHUNKS],
  ["Transfer-Encoding: identity\r\n", "hello"],
  ["Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello"],
  ["Transfer-Encoding: identity, chunked\r\n", CHUNKS],
  ["Transfer-Encoding:\r\nContent-Length: 5\r\n", "hello"],
  ["Transfer-Encoding: xchunked\r\n", CHUNKS],
  ["Transfer-Encoding : chunked\r\n", CHUNKS],
  ["Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", CHUNKS],
  ["Transfer-Encoding: chunked\r\nContent-Length: 99\r\n", CHUNKS],
];

/** Answers that curl stores and bulkget refuses: the end of the body is ambiguous, or it is not HTTP/1.1. */
const REFUSED: readonly RegExp[] = [
  /\0|\r(?!\n)/, // NUL, a carriage return without a line feed
  /(?:Content-Length|Transfer-Encoding) :|Content Length/, // a framing header for some parsers only
  /(?:Content-Length|Transfer-Encoding):[^\n]*\n[\t ]/, // folded with another value
  /Content-Length: (?:\r|[+-]|0x|5x)/, // an invalid length
  /Content-Length: 5\r\nContent-Length: 6/, // different lengths
  /^(?:HTTP\/2|http)/, // another version or case
];

const [USUAL = ["", ""]] = FRAMINGS;
const answers = [
  ...STATUS_LINES.flatMap((line) => FRAMINGS.map(([fields, body]) => `${line}\r\n${fields}\r\n${body}`)),
  ...LINES.flatMap((line) =>
    FRAMINGS.flatMap(([fields, body]) => [
      `HTTP/1.1 200 OK\r\n${line}\r\n${fields}\r\n${body}`,
      `HTTP/1.1 200 OK\r\n${fields}${line}\r\n\r\n${body}`,
    ]),
  ),
  ...LINES.map((line) => `HTTP/1.1 200 OK\n${line.replaceAll("\r\n", "\n")}\n${USUAL[0]}\n${USUAL[1]}`),
];

const folder = ownFolder();
const version = spawnSync("curl", ["--version"], { encoding: "utf8" });

/** curl's exit codes for the answers with these numbers, up to the one at which it stopped. */
function exitCodes(numbers: readonly number[], url: (path: string) => string): Promise<number[]> {
  const config = numbers.map((n) => `url = "${url(`/${n}`)}"\noutput = "${folder.at(`${n}`)}"\n`).join("");
  writeFileSync(folder.at("config"), `write-out = "%{exitcode}\\n"\n${config}`);
  const args = ["-q", "-s", "--noproxy", "*", "--max-time", "20", "-K", folder.at("config")];
  return new Promise((resolve, reject) => {
    execFile("curl", args, { maxBuffer: 10_000_000 }, (error, stdout) => {
      const codes = stdout.split("\n").filter((code) => code !== "");
      if (codes.length === 0) reject(error ?? new Error("curl said nothing"));
      else resolve(codes.map(Number));
    });
  });
}

describe.skipIf(version.status !== 0)("compared with curl", () => {
  it("every body that curl stores as complete is stored with the same bytes, except for listed cases", async () => {
    const server = own(await rawServer((path) => answers[Number(path.slice(1))] ?? ""));
    const whole: number[] = [];
    // Some errors end curl, without the URLs that follow.
    for (let next = 0; next < answers.length; ) {
      const codes = await exitCodes(
        answers.slice(next).map((_, i) => next + i),
        server.url,
      );
      for (const [i, code] of codes.entries()) if (code === 0) whole.push(next + i);
      next += codes.length;
    }
    expect(whole.length).toBeGreaterThan(500);
    const get = own(testGet());
    const differ: unknown[] = [];
    for (const n of whole) {
      const got = await collect(await get.fetch(new URL(server.url(`/${n}`))));
      const bytes = readFileSync(folder.at(`${n}`));
      if (Buffer.isBuffer(got) && got.equals(bytes)) continue;
      const answer = answers[n] ?? "";
      if (REFUSED.some((kind) => kind.test(answer))) continue;
      differ.push([
        answer.slice(0, 200),
        bytes.toString("latin1").slice(0, 50),
        String(Buffer.isBuffer(got) ? got : got.detail),
      ]);
    }
    expect(differ).toEqual([]);
  });
});
