// The head of an answer as a file beside its body: with every way of writing, and only where the body is saved.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/core/ports.ts";
import type { Wire } from "../../../src/core/wire.ts";
import { ownFolder } from "../../support/own.ts";
import { answer, bodyOf, filesIn, JOB, pouredOf, type SinkOptions, sinkInto, TARGET, text } from "../bodies.ts";

const folder = ownFolder();
const HEAD = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
const OLD = "Wed, 01 Jan 2020 00:00:00 GMT";
const wire: Wire = {
  ...{ url: JOB.url, protocol: "http/1.1", address: undefined, sentMs: 0, hops: [] },
  request: "GET / HTTP/1.1\r\n\r\n",
  response: HEAD,
};
const SLOW = { isFast: () => false, record: () => {} };

const ways: [way: string, body: () => Answer["body"], to: SinkOptions][] = [
  ["at once", () => [text("abc")], {}],
  ["in the thread pool", () => [text("abc")], { disk: SLOW }],
  ["while it arrives", () => pouredOf([text("a"), text("bc")]), {}],
  ["while it arrives, in the thread pool", () => bodyOf([[text("a")], [text("bc")]]), { disk: SLOW }],
  ["in a folder with files, on a slow disk", () => [text("abc")], { disk: SLOW, empty: false, durable: true }],
];

async function store(options: SinkOptions, body: Answer["body"], job: object = {}) {
  const sink = sinkInto(folder.path, { saveHeaders: true, remoteTime: true, ...options });
  const stored = await sink.write({ ...JOB, ...job }, TARGET, answer(body, { wire, lastModified: OLD }));
  return "storing" in stored ? stored.storing : stored;
}

describe.each(ways)("a body that is written %s", (_, body, options) => {
  it("has its head beside it, in a folder of its own too, and the time of its answer", async () => {
    for (const template of ["{n:6}{ext}", "a/b/{n}{ext}"]) {
      const stored = await store({ ...options, template }, body());
      const [file, headers] = template.startsWith("a")
        ? ["a/b/1.html", "a/b/1.headers"]
        : ["000001.html", "000001.headers"];
      expect(stored).toMatchObject({ file, headersFile: headers, bytes: 3 });
      expect(readFileSync(folder.at(headers), "latin1")).toBe(HEAD);
      expect(statSync(folder.at(file)).mtime.toUTCString()).toBe(OLD);
    }
    expect(filesIn(folder.path).filter((file) => file.includes("1."))).toEqual([
      "000001.headers",
      "000001.html",
      "a/b/1.headers",
      "a/b/1.html",
    ]);
  });

  it("leaves no head where it does not have the digest of its line", async () => {
    const sha256 = createHash("sha256").update("other").digest("hex");
    expect(await store(options, body(), { sha256 })).toMatchObject({ error: "checksum_mismatch" });
    expect(filesIn(folder.path)).toEqual([]);
  });

  it("leaves no head where it cannot have its name", async () => {
    mkdirSync(folder.at("000001.html/x"), { recursive: true });
    expect(await store(options, body())).toHaveProperty("error");
    expect(filesIn(folder.path).filter((file) => file.includes("headers"))).toEqual([]);
  });
});
