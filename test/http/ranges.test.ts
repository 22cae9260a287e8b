// Resuming a truncated body with Range and If-Range: the requests that are sent, and the possible answers.

import { beforeEach, describe, expect, it } from "vitest";
import { isFailure } from "../../src/core/failure.ts";
import type { Answer, Get, PartialBody, RequestConditions } from "../../src/core/ports.ts";
import type { GetOptions } from "../../src/http/options.ts";
import { collect, collectPart, testGet } from "../support/get.ts";
import { own, ownRudeServer } from "../support/own.ts";
import { body } from "../support/rude.ts";

const TAG = '"one"';
const MODIFIED = "Sun, 06 Nov 1994 08:49:37 GMT";
const LATER = "Sun, 06 Nov 1994 08:50:37 GMT";
const WHOLE = body(200_000);

const server = ownRudeServer();
let get: Get;
beforeEach(() => {
  get = started();
});

const started = (options: Partial<GetOptions> = {}) => own(testGet(options));

/** Returns a path with parameters; several headers are a list. */
function path(name: string, parameters: Readonly<Record<string, string | readonly string[]>>): string {
  const pairs = Object.entries(parameters).flatMap(([key, values]) =>
    [values].flat().map((value) => `${key}=${encodeURIComponent(value)}`),
  );
  return `/${name}?${pairs.join("&")}`;
}
const fetch = (target: string, ask?: RequestConditions, by = get) => by.fetch(new URL(target, server.origin), ask);
const succeeded = async (target: string, ask?: RequestConditions, by = get): Promise<Answer> => {
  const answer = await fetch(target, ask, by);
  if (isFailure(answer)) throw new Error(answer.detail);
  return answer;
};
const keptOf = (target: string, more: Partial<PartialBody> = {}): { kept: PartialBody } => ({
  kept: { bytes: 150_000, validator: TAG, url: server.url(target), ...more },
});

describe("a truncated body", () => {
  it.each([{ etag: TAG }, { modified: MODIFIED, date: LATER }])(
    "is resumed at the byte where it ended: %s",
    async (version) => {
      const cut = path("ranged", { ...version, cut: "120000" });
      // biome-ignore lint/suspicious/noThenProperty: a query's parameter, and awaited by nobody
      const target = path("turns", { first: cut, then: path("ranged", version) });
      const first = await succeeded(target);
      const { bytes, failure } = await collectPart(first);
      expect(failure).toMatchObject({ error: "truncated" });
      const { validator = "", wholeBytes } = first;
      expect(wholeBytes).toBe(200_000);
      const rest = await succeeded(target, keptOf(target, { bytes: bytes.length, validator, wholeBytes: 200_000 }));
      expect(rest).toMatchObject({ status: 206, from: bytes.length, wholeBytes: 200_000, lengthVerified: true });
      expect(Buffer.concat([bytes, (await collectPart(rest)).bytes])).toEqual(WHOLE);
      expect(server.seen.at(-1)?.headers).toMatchObject({ range: `bytes=${bytes.length}-`, "if-range": validator });
    },
  );

  it("can be truncated again: the part has the validator of its request", async () => {
    const target = path("ranged", { etag: TAG, cut: "100000" });
    const part = await succeeded(target, keptOf(target, { bytes: 50_000 }));
    expect(part).toMatchObject({ from: 50_000, validator: TAG });
    const { bytes, failure } = await collectPart(part);
    expect(failure).toMatchObject({ error: "truncated", detail: `${bytes.length} of 150000 bytes` });
  });

  it("can be truncated again even if the part has no validator of its own", async () => {
    const header = "Content-Range: bytes 1-100000/100001";
    const target = path("206-as-told", { bytes: "100000", header });
    const part = await succeeded(target, keptOf(target, { bytes: 1, validator: MODIFIED }));
    expect(part).toMatchObject({ from: 1, validator: MODIFIED });
    await collect(part);
  });

  it("is downloaded whole if it has changed meanwhile", async () => {
    const target = path("ranged", { etag: '"two"', seed: "2" });
    const answer = await succeeded(target, keptOf(target));
    expect(answer).toMatchObject({ status: 200, wholeBytes: 200_000 });
    expect(answer).not.toHaveProperty("from");
    expect(await collect(answer)).toEqual(body(200_000, 2));
  });

  it("is downloaded whole from a server without ranges", async () => {
    const answer = await succeeded("/ok?bytes=1000", keptOf("/ok?bytes=1000", { bytes: 500 }));
    expect(answer).not.toHaveProperty("from");
    expect(await collect(answer)).toEqual(body(1000));
  });

  it("is requested with a range at every URL of a redirect chain, and resumed at the final one", async () => {
    const target = path("ranged", { etag: TAG });
    const rest = await succeeded(path("redirect", { to: target }), keptOf(target));
    expect(rest).toMatchObject({ from: 150_000, finalUrl: server.url(target) });
    expect(await collect(rest)).toEqual(WHOLE.subarray(150_000));
    expect(server.seen.map(({ headers }) => headers["range"])).toEqual(["bytes=150000-", "bytes=150000-"]);
  });

  it("is not resumed with an equal validator of another URL", async () => {
    const target = path("ranged", { etag: TAG });
    const answer = await fetch(path("redirect", { to: target }), keptOf("/elsewhere"));
    expect(answer).toMatchObject({ error: "bad_range", detail: expect.stringContaining("another URL"), status: 206 });
  });

  it("is resumed if the URL differs only in credentials and fragment", async () => {
    const target = path("ranged", { etag: TAG });
    const url = `http://user:pw@127.0.0.1:${server.port}${target}#part`;
    expect(await get.fetch(new URL(url), keptOf(target))).toMatchObject({ from: 150_000 });
    expect(await fetch(target, { kept: { ...keptOf(target).kept, url } })).toMatchObject({ from: 150_000 });
  });

  it("ends as bad_range after a 416, and the connection is reused", async () => {
    const target = path("ranged", { etag: TAG });
    const failure = await fetch(target, keptOf(target, { bytes: 200_000 }));
    expect(failure).toMatchObject({ error: "bad_range", detail: expect.stringMatching(/^416: /), status: 416 });
    await collect(await fetch("/ok"));
    expect(server.stats.connections).toBe(1);
    expect(await fetch("/status/416")).toMatchObject({ error: "http_status", status: 416 });
  });

  it("is limited by --max-filesize with the kept bytes included", async () => {
    const target = path("ranged", { etag: TAG });
    const small = started({ maxFileBytes: 199_999 });
    expect(await fetch(target, keptOf(target), small)).toMatchObject({ error: "too_large" });
    const enough = started({ maxFileBytes: 200_000 });
    expect(await collect(await fetch(target, keptOf(target), enough))).toEqual(WHOLE.subarray(150_000));
  });

  it.each<[string, Partial<PartialBody>]>([
    ["a weak tag", { validator: `W/${TAG}` }],
    ["a tag with a control character", { validator: '"o\u0007ne"' }],
    ["a tag with a line break", { validator: '"one"\r\nX-Injected: 1' }],
    ["a tag that is not Latin-1", { validator: '"\u{1f600}"' }],
    ["a tag of more than 1 KiB", { validator: `"${"x".repeat(1023)}"` }],
    ["neither tag nor date", { validator: "yesterday" }],
    ["nothing", { validator: "" }],
    ["no bytes", { bytes: 0 }],
    ["bytes that are no number", { bytes: Number.NaN }],
  ])("is not requested with a range if its record has %s", async (_, damaged) => {
    const target = path("ranged", { etag: TAG });
    expect(await collect(await fetch(target, keptOf(target, damaged)))).toEqual(WHOLE);
    expect(server.seen[0]?.raw).not.toMatch(/\n(if-)?range:|injected/i);
  });

  it("is not requested with a range if the user's headers are conditional", async () => {
    const own = started({ headers: ["If-Match", "*"] });
    const target = path("ranged", { etag: TAG });
    expect(await collect(await fetch(target, keptOf(target), own))).toEqual(WHOLE);
    expect(server.seen[0]?.headers).not.toHaveProperty("range");
  });
});
