// Memory stays bounded for bodies in the smallest possible pieces, on all connections at once.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { recordsOf } from "../../support/command.ts";
import { certificate } from "../../support/get.ts";
import { own, ownFolder } from "../../support/own.ts";
import { type FloodOptions, flood, type Pieces } from "../../support/servers/flood.ts";
import { inLittleMemory } from "../../support/servers/hostile.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const TLS = { tls: { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") } };

/** `count` pieces, each by its own write, and so over TLS in its own record. */
function* many(head: string, piece: string, count: number, end = ""): Pieces {
  yield head;
  const bytes = Buffer.from(piece);
  for (let i = 0; i < count; i++) yield bytes;
  if (end !== "") yield end;
}

const folder = ownFolder();

/** Saves `urls` URLs at once; returns the peak memory in MiB. */
async function peakOf(urls: number, answer: () => Pieces, args: readonly string[], options?: FloodOptions) {
  const server = own(await flood(answer, options));
  folder.list(Array.from({ length: urls }, (_, i) => `${server.origin}/${i}`));
  const { env, peakMib } = inLittleMemory(folder.path);
  const ran = await folder.run(["urls.txt", "-c", String(urls), "-q", "-k", "--retries", "0", ...args], { env });
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  return peakMib();
}

const bodyOf = (n: number) => readFileSync(folder.at(`downloads/0000${n}`), "latin1");

describe("memory stays bounded for", () => {
  it("forty bodies in one-byte chunks with chunk extensions of 4 KB", { timeout: 120_000 }, async () => {
    const piece = `b\r\n1;${"x".repeat(4093)}\r\n`;
    const answer = () => many(`${CHUNKED}1\r\n`, piece, 6000, "b\r\n0\r\n\r\n");
    const peakMib = await peakOf(40, answer, ["--max-filesize", "1M"], TLS);
    expect(recordsOf(folder.at("downloads")).get(40)).toMatchObject({ outcome: "saved", bytes: 6001 });
    expect(bodyOf(40)).toBe("b".repeat(6001));
    expect(peakMib).toBeLessThan(250);
  });
});
