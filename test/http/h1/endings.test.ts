// The end of an answer: by length, chunks or the end of the connection, in good order or by a reset.

import { beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import type { Get } from "../../../src/core/ports.ts";
import { PAUSE_BYTES } from "../../../src/http/exchange/body-stream.ts";
import { certificate, collect, testGet } from "../../support/get.ts";
import { own, ownRudeServer } from "../../support/own.ts";
import { body, rudeServer } from "../../support/rude.ts";

describe("the end of an answer", () => {
  const server = ownRudeServer();
  let get: Get;
  beforeEach(() => {
    get = own(testGet());
  });
  const fetch = (path: string) => get.fetch(new URL(server.url(path)));

  it.each(["/close-big", "/big-nolength"])(
    "a body that is paused survives the end of its connection (undici#5360): %s",
    async (path) => {
      // The last bytes cause the pause, so that nothing is left to read when the connection ends.
      const bytes = PAUSE_BYTES + 1;
      for (let i = 0; i < 10; i++) {
        const answer = await fetch(`${path}?mib=${bytes / 1_048_576}&seed=${i}`);
        if (isFailure(answer) || !("next" in answer.body)) throw new Error("not a stream");
        // As with a slow disk, nothing is read from the queue until the server has sent all and closed.
        await expect.poll(() => server.stats.openRequests).toBe(0);
        const whole = await collect(answer);
        expect(Buffer.isBuffer(whole) && whole.equals(body(bytes, i))).toBe(true);
      }
    },
  );

  it("dropping a paused body of a connection that the server closes does not crash", async () => {
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
  ])("a reset does not complete a body: %s", async (path) => {
    expect(await collect(await fetch(path))).toMatchObject({ error: "truncated" });
  });

  it("a body without a length is complete after an orderly end and truncated after a reset, also over TLS", async () => {
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

  it("an unrequested 100 Continue is ignored (RFC 9110 section 15.2)", async () => {
    expect(await collect(await fetch("/100-then-200"))).toEqual(body(100));
  });

  it("an unrequested 101 is a protocol_error that names it", async () => {
    expect(await fetch("/101")).toMatchObject({ error: "protocol_error" });
  });

  it("a body with Transfer-Encoding: identity is read to the end of the connection", async () => {
    const answer = await fetch("/te-identity");
    expect(answer).toMatchObject({ lengthVerified: false });
    expect(await collect(answer)).toEqual(body(100));
  });

  it("a body with both chunks and a length is read by its chunks, and its connection is not reused", async () => {
    for (let i = 1; i <= 3; i++) {
      expect(await collect(await fetch("/length-and-chunked"))).toEqual(body(100));
      expect(server.stats.connections).toBe(i);
    }
  });

  it.each(["/te-gzip", "/te-gzip-close", "/te-xchunked"])(
    "a body with another transfer coding is not stored: %s",
    async (path) => {
      expect(await fetch(path)).toMatchObject({ error: "protocol_error" });
    },
  );
});
