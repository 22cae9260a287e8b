// The library's input: items of any kind yield one outcome each and keep their `data`; iterables may throw or never end.

import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BulkgetOptions, bulkget, type Item, OptionError, type Outcome } from "../../../src/index.ts";
import { anyValue } from "../../options/values.ts";
import { recordsOf } from "../../support/command.ts";
import { ownFolder, ownRudeServer } from "../../support/own.ts";

/** Calls bulkget with untyped input, as JavaScript does; returns the outcomes sorted by number. */
async function outcomesOf(input: Iterable<unknown> | AsyncIterable<unknown>, options: BulkgetOptions = {}) {
  const all: Outcome[] = [];
  for await (const outcome of bulkget(input as Iterable<Item>, options)) all.push(outcome);
  return all.sort((one, other) => one.n - other.n);
}

describe("an item of the library's input", () => {
  const server = ownRudeServer();
  const folder = ownFolder();
  const url = () => server.url("/ok");

  it.each<[string, (url: string) => unknown, RegExp]>([
    ["null", () => null, /an item is a URL/],
    ["undefined", () => undefined, /an item is a URL/],
    ["a number", () => 5, /an item is a URL/],
    ["a bigint", () => 10n ** 5000n, /an item is a URL/],
    ["a symbol", () => Symbol("x"), /an item is a URL/],
    ["a function", () => () => "x", /an item is a URL/],
    ["an object without a url", () => ({}), /an item is a URL/],
    ["an array", (good) => [good], /an item is a URL/],
    ["a url that is a number", () => ({ url: 5 }), /an item is a URL/],
    ["a url that is an object with toString", (good) => ({ url: { toString: () => good } }), /an item is a URL/],
    ["a name that is a number", (good) => ({ url: good, name: 5 }), /its name is no string/],
    ["a name that is null", (good) => ({ url: good, name: null }), /its name is no string/],
    ["a digest that is invalid", (good) => ({ url: good, sha256: "abc" }), /its sha256 is not 64 hexadecimal digits/],
    ["a digest that is a number", (good) => ({ url: good, sha256: 5 }), /its sha256 is not/],
    [
      "a getter that throws",
      () =>
        Object.defineProperty({}, "url", {
          enumerable: true,
          get: () => {
            throw new Error("x");
          },
        }),
      /it cannot be read/,
    ],
    [
      "a proxy that was revoked",
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
      /it cannot be read/,
    ],
  ])("that is unusable becomes one failed outcome, and its neighbours are saved: %s", async (what, bad, detail) => {
    const error = what.startsWith("a digest") ? "invalid_digest" : "invalid_url";
    const items = [url(), bad(url()), url()];
    for (const options of [{ output: "memory" }, { outputDir: folder.at("out") }] as const) {
      const outcomes = await outcomesOf(items, { ...options, concurrency: 2 });
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(["saved", "failed", "saved"]);
      expect(outcomes[1]).toMatchObject({
        n: 2,
        error,
        detail: expect.stringMatching(detail),
        attempts: 0,
      });
    }
    expect(recordsOf(folder.at("out")).get(2)).toMatchObject({ outcome: "failed", error });
    // A resumed run fetches nothing again, and yields the failure again.
    expect(await outcomesOf(items, { outputDir: folder.at("out") })).toMatchObject([{ n: 2, error }]);
  });

  it("of any kind yields one outcome, for random values", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.anything({
            withBigInt: true,
            withDate: true,
            withMap: true,
            withNullPrototype: true,
            withSparseArray: true,
            withTypedArray: true,
            withBoxedValues: true,
          }),
          { maxLength: 20 },
        ),
        async (values) => {
          const items = values.map((value) => (typeof value === "string" ? `\n${value}` : value));
          const outcomes = await outcomesOf(items, { output: "memory" });
          expect(outcomes.map(({ n }) => n)).toEqual(items.map((_, i) => i + 1));
          for (const outcome of outcomes) expect(outcome).toMatchObject({ outcome: "failed", error: "invalid_url" });
        },
      ),
      { numRuns: 300 },
    );
  });

  it("may be a URL object of another library", async () => {
    const other = {
      get [Symbol.toStringTag]() {
        return "URL";
      },
      href: url(),
    };
    expect(
      await outcomesOf([other, { url: other }, new URL(url()), { url: new URL(url()) }], { output: "memory" }),
    ).toMatchObject(Array.from({ length: 4 }, () => ({ outcome: "saved", url: url() })));
  });
});

describe("the data of an item", () => {
  const server = ownRudeServer();
  const folder = ownFolder();

  it("is returned by identity, also after a failure or a retry, and for a repeated URL", async () => {
    const data = [{ any: 1 }, new Map(), Symbol("x"), 5n, () => {}, null, 0, ""];
    const paths = ["/ok", "/status/404", "/flaky?every=2&id=data", "/ok", "/ok", "no url", "/ok", "/ok"];
    const items = paths.map((path, i) => ({ url: path.startsWith("/") ? server.url(path) : path, data: data[i] }));
    for (const options of [
      { output: "memory" },
      { outputDir: folder.at("plain") },
      { outputDir: folder.at("dedupe"), dedupe: true },
      { outputDir: folder.at("auto"), concurrency: "auto" },
    ] as const) {
      const outcomes = await outcomesOf(items, options);
      expect(outcomes).toHaveLength(items.length);
      for (const outcome of outcomes) expect(outcome.data).toBe(data[outcome.n - 1]);
    }
  });

  it("is written to no file, and stays with its item in a resumed run", async () => {
    const outputDir = folder.at("out");
    const items = (paths: string[]) =>
      paths.map((path, i) => ({ url: server.url(path), data: { secret: `geheim ${i}` } }));
    await outcomesOf(items(["/ok?seed=1"]), { outputDir });
    const [second] = await outcomesOf(items(["/ok?seed=1", "/status/404"]), { outputDir });
    expect(second).toMatchObject({ n: 2, data: { secret: "geheim 1" } });
    for (const file of ["results.jsonl", "failed.txt", "runs.jsonl"])
      expect(readFileSync(`${outputDir}/${file}`, "utf8")).not.toMatch(/geheim|data/);
  });
});

describe("an iterable as the library's input", () => {
  const server = ownRudeServer();
  const folder = ownFolder();

  it("that throws ends the loop with its error, and unlocks the folder", async () => {
    const outputDir = folder.at("out");
    for (const make of [
      () => ({
        [Symbol.iterator]: () => {
          throw new Error("no more");
        },
      }),
      () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("no more")) }) }),
      () => [Promise.reject(new Error("no more"))],
    ]) {
      await expect(outcomesOf(make() as Iterable<unknown>, { outputDir })).rejects.toThrow("no more");
    }
    for (const iterator of [5, undefined, {}, { next: () => 5 }, { next: 5 }]) {
      const made = { [Symbol.iterator]: () => iterator } as unknown as Iterable<unknown>;
      await expect(outcomesOf(made, { outputDir })).rejects.toThrow(TypeError);
    }
    expect(await outcomesOf([server.url("/ok")], { outputDir })).toMatchObject([{ outcome: "saved" }]);
  });

  it("of random form is refused by the call, read, or ends the loop with a documented error", async () => {
    await fc.assert(
      fc.asyncProperty(anyValue, async ({ make }) => {
        const input = make();
        fc.pre(typeof input !== "string"); // the path of a list
        let seen = 0;
        try {
          for await (const outcome of bulkget(input as Iterable<Item>, { output: "memory" })) {
            expect(outcome.outcome).toBe("failed");
            if (++seen === 50) break; // some are endless
          }
        } catch (error) {
          if (error instanceof OptionError) expect(error.message).toMatch(/^input: /);
          else expect(error).toMatchObject({ message: expect.stringMatching(/^(not mine|the input('s| is) )/) });
        }
      }),
      { numRuns: 500 },
    );
  }, 120_000);

  it("is closed when the loop is left, also while its next item is pending", async () => {
    const outputDir = folder.at("out");
    await outcomesOf([server.url("/ok")], { outputDir }); // so that the second run resumes
    for (const options of [{ output: "memory" }, { outputDir }] as const) {
      let closed = 0;
      const items = [server.url("/ok"), server.url("/ok?seed=2")];
      const endless = {
        [Symbol.asyncIterator]: () => ({
          async next() {
            const value = items.shift();
            return value === undefined ? new Promise<never>(() => {}) : { done: false, value };
          },
          async return() {
            closed++;
            return { done: true, value: undefined };
          },
        }),
      };
      for await (const _ of bulkget(endless as AsyncIterable<string>, options)) break;
      expect(closed).toBe(1);
    }
  });

  it("may contain promises of items, as `for await` allows", async () => {
    const urls = [Promise.resolve(server.url("/ok")), server.url("/ok")];
    expect(await outcomesOf(urls, { output: "memory" })).toMatchObject([{ outcome: "saved" }, { outcome: "saved" }]);
  });
});
