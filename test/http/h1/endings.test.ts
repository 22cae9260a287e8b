// Connections that end in the middle of something: what counts as whole, and what survives.

import { beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import type { Get } from "../../../src/core/ports.ts";
import { PAUSE_BYTES } from "../../../src/http/exchange/body-stream.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { own, ownRudeServer } from "../../support/own.ts";
import { body, rudeServer } from "../../support/rude.ts";

describe("an answer that ends", () => {
  const server = ownRudeServer();
  let get: Get;
  beforeEach(() => {
    get = own(testGet());
  });
  const fetch = (path: string) => get.fetch(new URL(server.url(path)));

  it.each(["/close-big", "/big-nolength"])(
    "survives a connection that ends while its body is held up (undici#5360): %s",
    async (path) => {
      // The last bytes are those that ask for the pause: the connection's end finds nothing left to read.
      const bytes = PAUSE_BYTES + 1;
      for (let i = 0; i < 10; i++) {
        const answer = await fetch(`${path}?mib=${bytes / 1_048_576}&seed=${i}`);
        if (isFailure(answer) || !("next" in answer.body)) throw new Error("not a stream");
        // Nothing is pulled until the server has sent all and closed, as with a disk that is slow.
        await expect.poll(() => server.stats.openRequests).toBe(0);
        const whole = await collect(answer);
        expect(Buffer.isBuffer(whole) && whole.equals(body(bytes, i))).toBe(true);
      }
    },
  );

  it("survives dropping a body that is held up, where the server would close", async () => {
    const answer = await fetch("/endless-body");
    if (isFailure(answer) || !("next" in answer.body)) throw new Error("not a stream");
    const before = get.receivedBytes();
    await expect.poll(() => get.receivedBytes()).toBeGreaterThan(before);
    await expect.poll(() => get.receivedBytes() > 1_048_576).toBe(true);
    answer.body.cancel();
    await expect.poll(() => server.stats.openConnections).toBe(0);
    expect(await collect(answer)).toMatchObject({ error: "interrupted" });
  });

  it.each([
    "/nolength-reset",
    "/nolength-reset?bytes=300000",
    "/nolength-reset?after=0",
    "/nolength-reset?after=0&bytes=300000",
  ])("takes no reset for the end of a body: %s", async (path) => {
    expect(await collect(await fetch(path))).toMatchObject({ error: "truncated" });
  });

  it("takes the orderly end of a body without a length for what it is, and a reset for a reset, over TLS too", async () => {
    for (let i = 0; i < 10; i++) expect(await collect(await fetch("/nolength"))).toEqual(body(100));
    const secure = await rudeServer({ tls: { key: certificate("good-key.pem"), cert: certificate("good-cert.pem") } });
    const trusting = testGet({ ca: certificate("ca-cert.pem") });
    const over = async (path: string) => collect(await trusting.fetch(new URL(secure.url(path))));
    expect(await over("/nolength")).toEqual(body(100));
    expect(await over("/nolength-reset")).toMatchObject({ error: "truncated" });
    expect(await over("/nolength-reset?after=0")).toMatchObject({ error: "truncated" });
    trusting.close();
    await secure.close();
  });

  it("takes an unasked 100 Continue, as RFC 9110 section 15.2 wants", async () => {
    expect(await collect(await fetch("/100-then-200"))).toEqual(body(100));
  });

  it("calls a 101 that nobody asked for what it is", async () => {
    expect(await fetch("/101")).toMatchObject({ error: "protocol_error" });
  });

  it("takes what is not coded for its transfer, though it says so, to the connection's end", async () => {
    const answer = await fetch("/te-identity");
    expect(answer).toMatchObject({ lengthVerified: false });
    expect(await collect(answer)).toEqual(body(100));
  });

  it("goes by the chunks of a body that has a length as well, and not to that connection again", async () => {
    for (let i = 1; i <= 3; i++) {
      expect(await collect(await fetch("/length-and-chunked"))).toEqual(body(100));
      expect(server.stats.connections).toBe(i);
    }
  });

  it.each(["/te-gzip", "/te-gzip-close", "/te-xchunked"])("stores no transfer coding: %s", async (path) => {
    expect(await fetch(path)).toMatchObject({ error: "protocol_error" });
  });
});
