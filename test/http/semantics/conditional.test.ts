// Conditional requests for a stored file: the headers that are sent, and the meaning of a 304.

import { beforeEach, describe, expect, it } from "vitest";
import type { Get, RequestConditions } from "../../../src/core/ports.ts";
import { collect, testGet } from "../../support/get.ts";
import { own, ownRudeServer } from "../../support/own.ts";
import { body, rudeServer } from "../../support/rude.ts";

const TAG = '"one"';
const MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT";
const ranged = (parameters: Readonly<Record<string, string>>) =>
  `/ranged?bytes=100&${new URLSearchParams(parameters)}`.replaceAll("+", "%20");

describe("a stored file", () => {
  const server = ownRudeServer();
  let get: Get;
  beforeEach(() => {
    get = own(testGet());
  });
  const fetch = (path: string, ask?: RequestConditions) => get.fetch(new URL(path, server.origin), ask);
  const conditions = () => {
    const { "if-none-match": tag, "if-modified-since": since, range } = server.seen.at(-1)?.headers ?? {};
    return { tag, since, range };
  };

  it.each([TAG, `W/${TAG}`, '""', '"\u00e4"'])("is unchanged by its entity tag %s, strong or weak", async (etag) => {
    const answer = await fetch(ranged({ etag: "x", header: "X: y" }).replace("etag=x", `etag=${escaped(etag)}`), {
      known: { etag, last_modified: MODIFIED },
    });
    expect(answer).toMatchObject({ status: 304, etag, body: [], lengthVerified: true });
    expect(conditions()).toEqual({ tag: etag, since: undefined, range: undefined });
  });

  it("without an entity tag is unchanged by its date, which is sent exactly as received", async () => {
    const modified = "Sun, 6 Nov 1994  08:49:37 +0000";
    const answer = await fetch(ranged({ modified }), { known: { last_modified: modified } });
    expect(answer).toMatchObject({ status: 304, lastModified: modified, body: [] });
    expect(conditions()).toEqual({ tag: undefined, since: modified, range: undefined });
  });

  it("is downloaded whole if it has changed", async () => {
    const answer = await fetch(ranged({ etag: '"two"' }), { known: { etag: TAG } });
    expect(answer).toMatchObject({ status: 200, etag: '"two"' });
    expect(await collect(answer)).toEqual(body(100));
  });

  it("is requested conditionally at every URL of a redirect chain, also at another origin", async () => {
    const abroad = await rudeServer();
    const to = encodeURIComponent(abroad.url(ranged({ etag: TAG })));
    const answer = await fetch(`/redirect?to=${to}`, { known: { etag: TAG } });
    expect(answer).toMatchObject({ status: 304, finalUrl: abroad.url(ranged({ etag: TAG })) });
    expect(conditions().tag).toBe(TAG);
    await abroad.close();
  });

  it.each(["/304", "/304-length", "/304?header=Content-Encoding:%20gzip&header=Transfer-Encoding:%20chunked"])(
    "a 304 has no body, whatever its headers say, and its connection is reused: %s",
    async (path) => {
      const compressed = testGet({ compressed: true });
      for (const one of [get, compressed]) {
        const before = server.stats.connections;
        for (let i = 0; i < 3; i++) {
          const answer = await one.fetch(new URL(path, server.origin), { known: { etag: TAG } });
          expect(answer).toMatchObject({ status: 304, body: [] });
          expect(answer).not.toHaveProperty("wholeBytes");
          expect(answer).not.toHaveProperty("encoding");
        }
        expect(await collect(await one.fetch(new URL("/ok", server.origin)))).toEqual(body(100));
        expect(server.stats.connections).toBe(before + 1);
      }
      compressed.close();
    },
  );

  it("a 304 to a request without conditions is a failure", async () => {
    for (const ask of [undefined, {}, { spentMs: 1 }, { known: {} }, { known: { etag: "*" } }]) {
      expect(await fetch("/304", ask)).toMatchObject({ error: "http_status", status: 304 });
    }
    const kept = { bytes: 10, validator: TAG, url: server.url("/304") };
    expect(await fetch("/304", { kept, known: { etag: TAG } })).toMatchObject({ error: "http_status", status: 304 });
    expect(conditions()).toEqual({ tag: undefined, since: undefined, range: "bytes=10-" });
  });

  it.each([
    ["a control character", '"o\u0007ne"', "Sun\u0007"],
    ["a line break", '"one"\r\nX-Injected: 1', "Sun\r\nX-Injected: 1"],
    ["more than 1 KiB", `"${"x".repeat(1023)}"`, "x".repeat(1025)],
    ["what is not Latin-1", '"\u{1f600}"', "\u{1f600}"],
    ["nothing", "", ""],
    ["only blanks", " ", "  "],
  ])("with a damaged validator is requested without conditions: %s", async (_, etag, last_modified) => {
    const target = ranged({ etag: TAG });
    expect(await collect(await fetch(target, { known: { etag, last_modified } }))).toEqual(body(100));
    expect(conditions()).toEqual({ tag: undefined, since: undefined, range: undefined });
    expect(server.seen[0]?.raw).not.toMatch(/injected/i);
  });

  it.each(["one", "W/one", "5f3a-12:0", "a b", '"one', 'W/"a"b"', "caf\u00e9"])(
    "is unchanged by an invalid entity tag, which is sent as received: %s",
    async (etag) => {
      const target = ranged({ etag: "x" }).replace("etag=x", `etag=${escaped(etag)}`);
      expect(await fetch(target, { known: { etag, last_modified: MODIFIED } })).toMatchObject({ status: 304, etag });
      expect(conditions()).toEqual({ tag: etag, since: undefined, range: undefined });
    },
  );

  it.each(["*", "one, two", '"a", "b"', "one,*"])(
    "a value that is not one entity tag is not sent: %s",
    async (etag) => {
      const target = ranged({ modified: MODIFIED });
      expect(await fetch(target, { known: { etag, last_modified: MODIFIED } })).toMatchObject({ status: 304 });
      expect(conditions()).toEqual({ tag: undefined, since: MODIFIED, range: undefined });
    },
  );

  it("the conditions of one request are not sent with the next one", async () => {
    await fetch(ranged({ etag: TAG }), { known: { etag: TAG } });
    await fetch(ranged({ etag: TAG }));
    expect(conditions()).toEqual({ tag: undefined, since: undefined, range: undefined });
  });
});

/** Percent-encodes a text as Latin-1, as the test server decodes it. */
function escaped(text: string): string {
  return [...Buffer.from(text, "latin1")].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}
