// Ranges of a list on the web: read on where a connection ended, and refused where they are of another version.

import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { listRangeReader, listVersion } from "../../../src/app/network/list-range.ts";
import { testGet } from "../../support/get.ts";
import { own } from "../../support/own.ts";

const CONTENT = Buffer.from(Array.from({ length: 50_000 }, (_, i) => `https://example.org/${i}\n`).join(""));
const RANGE = { etag: '"one"', wholeBytes: CONTENT.length, fromBytes: 10, toBytes: 900_000 };

/** A server whose answer is up to the test. Returns functions that read from it, and the `Range` of each request. */
async function reader(answer: (from: number, end: number, response: ServerResponse) => void) {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ headers: { range } }, response) => {
    asked.push(range);
    const [, from = 0, last = 0] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "")?.map(Number) ?? [];
    answer(from, Math.min(last + 1, CONTENT.length), response);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  own({
    async close() {
      server.closeAllConnections();
      server.close();
    },
  });
  const get = own(testGet());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/urls.txt`;
  const read = async () => {
    const pieces: Buffer[] = [];
    const range = listRangeReader(get, { retries: 1 }, new AbortController().signal, "changed")({ ...RANGE, url });
    for await (const piece of range) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  return { asked, read, version: () => listVersion(get, url, { retries: 1 }, new AbortController().signal) };
}

const part = (from: number, end: number, { etag = RANGE.etag, whole = CONTENT.length } = {}) => ({
  "content-range": `bytes ${from}-${end - 1}/${whole}`,
  etag,
  "content-length": end - from,
});

it("is read on at the byte where a connection has ended", async () => {
  const { asked, read } = await reader((from, end, response) => {
    response.writeHead(206, part(from, end));
    if (from > 10) response.end(CONTENT.subarray(from, end));
    else response.write(CONTENT.subarray(from, 400_000), () => response.destroy());
  });
  expect((await read()).equals(CONTENT.subarray(10, 900_000))).toBe(true);
  expect(asked).toHaveLength(2);
  expect(asked[1]).toMatch(/^bytes=\d{5,6}-899999$/);
});

it.each([
  { what: "a 412", status: 412, headers: undefined, message: /^changed$/ },
  { what: "the whole list", status: 200, headers: undefined, message: /^changed \(200: not the part alone\)$/ },
  {
    what: "another version, whatever If-Match says",
    status: 206,
    headers: part(10, 900_000, { etag: '"two"' }),
    message: /^changed \(206: of another version/,
  },
  {
    what: "a list of another length",
    status: 206,
    headers: part(10, 900_000, { whole: CONTENT.length + 1 }),
    message: /^changed \(206: "bytes 10-899999\/\d+", asked for bytes 10 to 899999\)$/,
  },
  { what: "other bytes", status: 206, headers: part(11, 900_000), message: /^changed \(206: "bytes 11-/ },
])("is no part of the list where the answer is $what", async ({ status, headers, message }) => {
  const { read } = await reader((from, end, response) => {
    response.writeHead(status, headers);
    response.end(headers === undefined ? "" : CONTENT.subarray(end - headers["content-length"], end));
    expect(from).toBe(10);
  });
  await expect(read()).rejects.toThrow(message);
});

it.each([
  { etag: '"one"', headBytes: 4096 },
  { etag: 'W/"one"', headBytes: undefined },
])("has a version only by a strong ETag: $etag", async ({ etag, headBytes }) => {
  const { version } = await reader((from, end, response) => {
    response.writeHead(206, part(from, end, { etag }));
    response.end(CONTENT.subarray(from, end));
  });
  expect((await version())?.head.length).toBe(headBytes);
});

it("is asked for its version again where a server is busy", async () => {
  let requests = 0;
  const { version } = await reader((from, end, response) => {
    if (requests++ === 0) return response.writeHead(503, { "retry-after": "0" }).end();
    return response.writeHead(206, part(from, end)).end(CONTENT.subarray(from, end));
  });
  expect(await version()).toMatchObject({ etag: RANGE.etag, wholeBytes: CONTENT.length });
});

it("is read on where a server sends less than was asked for", async () => {
  const { asked, read } = await reader((from, end, response) => {
    const until = Math.min(end, from + 100_000);
    response.writeHead(206, part(from, until)).end(CONTENT.subarray(from, until));
  });
  expect((await read()).equals(CONTENT.subarray(RANGE.fromBytes, RANGE.toBytes))).toBe(true);
  expect(asked.length).toBe(Math.ceil((RANGE.toBytes - RANGE.fromBytes) / 100_000));
});
