// Random values of several options in real runs: each is refused by name, or the run settles within its limits.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BulkgetOptions, bulkget, LockedError, OptionError, type Outcome } from "../../../src/index.ts";
import { OPTIONS, type OptionName } from "../../../src/options/table.ts";
import { anyValue } from "../../options/values.ts";
import { own, ownFolder, ownRudeServer } from "../../support/own.ts";
import { host } from "../../support/rude/host.ts";

const NAMES = Object.keys(OPTIONS) as OptionName[];
/** Options whose strings name other folders, files and machines. */
const LEADING: readonly OptionName[] = ["outputDir", "netrcFile", "unixSocket", "proxy", "cookie"];

/** The outcomes or the error of a run; fails the test on a TypeError or a LockedError. */
async function settled(urls: readonly string[], options: unknown): Promise<Outcome[] | Error> {
  const all: Outcome[] = [];
  try {
    for await (const outcome of bulkget(urls, options as BulkgetOptions)) all.push(outcome);
    return all;
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(LockedError);
    return error as Error;
  }
}

const given = fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES), anyValue), {
  selector: ([name]) => name,
  minLength: 1,
  maxLength: 3,
});

describe("random option values", () => {
  const server = ownRudeServer();
  const folder = ownFolder();

  it("are refused by name, or the run settles, and the folder is unlocked afterwards", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(given, async (pairs) => {
        const outputDir = folder.at(`${++runs}`);
        const options: Record<string, unknown> = {};
        for (const [name, { make }] of pairs) {
          const value = make();
          if (!LEADING.includes(name) || typeof value !== "string") options[name] = value;
        }
        // Retries could take minutes.
        if (Object.keys(options).length > 1 || !("retries" in options)) options["retries"] = 0;
        const result = await settled([server.url("/empty")], { outputDir, ...options });
        if (result instanceof OptionError) expect(NAMES).toContain(result.option);
        else if (!(result instanceof Error)) expect(result.length).toBeLessThanOrEqual(1);
        expect(await settled([server.url("/empty")], { outputDir })).toBeInstanceOf(Array);
      }),
      { numRuns: 400 },
    );
  }, 300_000);

  it("of maxFilesize never admit a body over the memory limit", async () => {
    const huge = own(
      await host((response) => void response.writeHead(200, { "content-length": String(2 ** 42) }).write("x")),
    );
    await fc.assert(
      fc.asyncProperty(anyValue, async ({ make }) => {
        const maxFilesize = make();
        fc.pre(!(typeof maxFilesize === "number" && maxFilesize > 2 ** 42)); // a valid limit above the body's size
        const result = await settled([`${huge.origin}/`], { output: "memory", maxFilesize, retries: 0 });
        if (result instanceof Error) expect(result).toMatchObject({ option: "maxFilesize" });
        else expect(result).toMatchObject([{ outcome: "failed", error: "too_large" }]);
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  it("of publicOnly never admit a private address, except false and undefined", async () => {
    await fc.assert(
      fc.asyncProperty(anyValue, async ({ make }) => {
        const publicOnly = make();
        const result = await settled([server.url("/empty")], { output: "memory", publicOnly, retries: 0 });
        if (result instanceof Error) expect(result).toMatchObject({ option: "publicOnly" });
        else if (publicOnly === true) expect(result).toMatchObject([{ error: "blocked_address" }]);
        else expect(publicOnly ?? false).toBe(false);
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  it("of maxRedirs never exceed the option's maximum", async () => {
    let asked = 0;
    const onward = own(await host((response) => void response.writeHead(302, { location: `/${++asked}` }).end()));
    await fc.assert(
      fc.asyncProperty(anyValue, async ({ make }) => {
        asked = 0;
        const result = await settled([`${onward.origin}/`], { output: "memory", maxRedirs: make(), retries: 0 });
        if (result instanceof Error) expect(result).toMatchObject({ option: "maxRedirs" });
        else expect(result).toMatchObject([{ error: "redirect_limit" }]);
        expect(asked).toBeLessThanOrEqual(OPTIONS.maxRedirs.most + 1);
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
