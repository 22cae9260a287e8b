// The library's promises about bodies in memory, undefined options, very long times, and forms of headers.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type BulkgetOptions, bulkget, type Item, type Outcome } from "../../../src/index.ts";
import { own, ownFolder, ownRudeServer } from "../../support/own.ts";
import { host } from "../../support/rude/host.ts";

async function outcomesOf(input: Iterable<unknown> | AsyncIterable<unknown>, options: BulkgetOptions = {}) {
  const all: Outcome[] = [];
  for await (const outcome of bulkget(input as Iterable<Item>, options)) all.push(outcome);
  return all.sort((one, other) => one.n - other.n);
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("bodies in memory", () => {
  const server = ownRudeServer();

  it("are checked against the digest of their item, and their outcome has the digest", async () => {
    const url = server.url("/ok");
    const [plain] = await outcomesOf([url], { output: "memory" });
    const digest = sha256((plain as { readonly body: Uint8Array }).body);
    expect(plain).not.toHaveProperty("sha256");
    const items = [
      { url, sha256: digest },
      { url, sha256: digest.toUpperCase() },
      { url, sha256: "0".repeat(64) },
    ];
    expect(await outcomesOf(items, { output: "memory", retries: 0 })).toMatchObject([
      { outcome: "saved", sha256: digest },
      { outcome: "saved", sha256: digest },
      { outcome: "failed", error: "checksum_mismatch", expected_sha256: "0".repeat(64) },
    ]);
  });

  it("of all sizes have their digest in the outcome with `hash`", async () => {
    const urls = [server.url("/ok"), server.url("/big?mib=2"), server.url("/empty")];
    const outcomes = await outcomesOf(urls, { output: "memory", hash: "sha256" });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["saved", "saved", "saved"]);
    for (const outcome of outcomes) {
      const { body, sha256: digest } = outcome as { readonly body: Uint8Array; readonly sha256?: string };
      expect(digest).toBe(sha256(body));
    }
  });

  it("have the default size limit where maxFilesize is undefined", async () => {
    const huge = own(
      await host((response) => void response.writeHead(200, { "content-length": String(2 ** 40) }).write("x")),
    );
    const outcomes = await outcomesOf([`${huge.origin}/`], { output: "memory", maxFilesize: undefined, retries: 0 });
    expect(outcomes).toMatchObject([{ outcome: "failed", error: "too_large" }]);
  });
});

describe("an option whose value is undefined", () => {
  const server = ownRudeServer();
  const folder = ownFolder();

  it("has its default, for every option", async () => {
    const { OPTIONS } = await import("../../../src/options/table.ts");
    const none = Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, undefined]));
    const outputDir = folder.at("out");
    expect(await outcomesOf([server.url("/ok")], { ...none, outputDir })).toMatchObject([
      { outcome: "saved", file: "000001" },
    ]);
    expect(await outcomesOf([server.url("/ok")], { ...none, output: "memory" })).toMatchObject([{ bytes: 100 }]);
  });
});

describe("a time beyond the maximum of a Node timer (2^31 ms)", () => {
  it.each([
    { deadlineMs: 30 * 86_400_000 },
    { deadlineMs: Number.POSITIVE_INFINITY },
    { maxTimeMs: 30 * 86_400_000 },
    { maxTimeMs: Number.POSITIVE_INFINITY },
    { timeoutMs: 30 * 86_400_000 },
    { connectTimeoutMs: 30 * 86_400_000 },
    { hostRate: 1 / 86_400 },
  ])("does not end a run early: %o", async (options) => {
    const slow = own(await host((response) => void setTimeout(() => response.end("fine"), 100)));
    const outcomes = await outcomesOf([`${slow.origin}/`], { output: "memory", ...options });
    expect(outcomes).toMatchObject([{ outcome: "saved" }]);
  });
});

describe("the option headers", () => {
  const server = ownRudeServer();

  it.each([
    ["an object", { "X-One": "1", "x-two": "2" }],
    [
      "pairs",
      [
        ["X-One", "1"],
        ["x-two", "2"],
      ],
    ],
    [
      "a Map",
      new Map([
        ["X-One", "1"],
        ["x-two", "2"],
      ]),
    ],
    ["a Headers object", new Headers({ "X-One": "1", "x-two": "2" })],
    ["an object without a prototype", Object.assign(Object.create(null), { "X-One": "1", "x-two": "2" })],
  ])("accepts %s", async (_what, headers) => {
    await outcomesOf([server.url("/ok")], { output: "memory", headers: headers as Map<string, string> });
    expect(server.seen.at(-1)?.headers).toMatchObject({ "x-one": "1", "x-two": "2" });
  });
});
