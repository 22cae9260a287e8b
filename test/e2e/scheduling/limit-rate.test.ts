// --limit-rate bounds the speed of all bodies together from the first byte on, over any transport and with any --workers.

import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { recordsOf } from "../../support/command.ts";
import { certificate } from "../../support/get.ts";
import { own, ownFolder } from "../../support/own.ts";
import { body } from "../../support/rude/content.ts";
import { host } from "../../support/rude/host.ts";

const folder = ownFolder();

/** The body of `/BYTES/i`: BYTES bytes with the seed i. */
const bytesOf = (path: string): Buffer => body(Number(path.split("/")[1]), Number(path.split("/")[2]));

const plain = async () =>
  own(await host((response, { path }) => void response.setHeader("etag", `"${path}"`).end(bytesOf(path)))).origin;

/** An HTTPS server of these bodies, with HTTP/2 and gzip where the client requests them. */
async function secure(): Promise<string> {
  const tls = { key: certificate("good-key.pem"), cert: certificate("good-cert.pem"), allowHTTP1: true };
  const server = createSecureServer(tls, (request, response) => {
    const whole = bytesOf(request.url);
    const isGzip = request.headers["accept-encoding"]?.includes("gzip") === true;
    if (isGzip) response.setHeader("content-encoding", "gzip");
    response.end(isGzip ? gzipSync(whole, { level: 0 }) : whole);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  own({ close: () => new Promise<void>((resolve) => void server.close(() => resolve())) });
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The burst that the limit allows: credit of a pause, and reads under way; in milliseconds. */
const AHEAD_MS = 300;

/** Fetches `count` bodies, and checks that at no time more had arrived than the rate allows. */
async function paced(
  origin: string,
  count: number,
  bytes: number,
  perSecond: number,
  ...args: string[]
): Promise<void> {
  folder.list(Array.from({ length: count }, (_, i) => `${origin}/${bytes}/${i}`));
  const fromMs = Date.now();
  const { code, stderr } = await folder.runProcess(["urls.txt", "-k", "--limit-rate", `${perSecond}`, ...args]);
  const tookMs = Date.now() - fromMs;
  expect(code, stderr).toBe(0);
  const mustMs = ((count * bytes) / perSecond) * 1000;
  expect(tookMs).toBeGreaterThan(mustMs - AHEAD_MS);
  const ends = [...recordsOf(folder.at("downloads")).values()].map(({ time }) => Date.parse(time) - fromMs);
  expect(ends).toHaveLength(count);
  for (const [i, endMs] of ends.sort((a, b) => a - b).entries()) {
    expect(((i + 1) * bytes) / perSecond).toBeLessThanOrEqual((endMs + AHEAD_MS) / 1000 + bytes / perSecond);
  }
}

const LISTS: [what: string, count: number, bytes: number, perSecond: number][] = [
  ["thirty bodies", 30, 102_400, 1_500_000],
  ["thirty small bodies in fifty slots", 30, 1024, 16_000],
  ["many small bodies", 600, 1024, 300_000],
  ["one large body", 1, 4_194_304, 2_000_000],
];

describe("--limit-rate is never exceeded by", () => {
  it.each(LISTS)("%s", async (_, count, bytes, perSecond) => {
    await paced(await plain(), count, bytes, perSecond);
  });

  it("bodies on reused connections", async () => {
    await paced(await plain(), 20, 204_800, 2_000_000, "-c", "3", "--retries", "0");
  });

  it.each(LISTS)("%s in two processes", async (_, count, bytes, perSecond) => {
    await paced(await plain(), count, bytes, perSecond, "--workers", "2");
  });

  it.each([[[]], [["--http2"]], [["--compressed"]], [["--compressed", "--http2"]], [["--http2", "--workers", "2"]]])(
    "bodies over TLS with arguments %j",
    async (args) => {
      await paced(await secure(), 20, 102_400, 1_000_000, ...args);
    },
  );
});
