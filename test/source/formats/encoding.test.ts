// A list has the same jobs in every encoding, with every line end, gzip or not, in any chunks; a second encoding is refused.
import { writeFileSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Job } from "../../../src/core/job.ts";
import { encodingOf, type Encoding as Found, toUtf8 } from "../../../src/source/formats/encoding.ts";
import { lists } from "../../../src/source/lists.ts";
import { ENCODINGS, encoded } from "../../support/encodings.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();

const READ = { stop: new AbortController().signal, allowEmpty: true };

/** All jobs of a standard input, and its error message. */
async function read(chunks: readonly Uint8Array[]): Promise<{ readonly jobs: Job[]; readonly error: string }> {
  const jobs: Job[] = [];
  const stdin = () => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  try {
    for await (const batch of lists(["-"], { ...READ, stdin })) jobs.push(...batch);
  } catch (error) {
    return { jobs, error: (error as Error).message };
  }
  return { jobs, error: "" };
}

/** Cuts bytes at places given as fractions of their length. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
const anEncoding = fc.constantFrom(...ENCODINGS);
const anEnd = fc.constantFrom("\n", "\r\n", "\r");
const aName = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 8 })
  .map((text) => text.replace(/[\s\p{C}=]/gu, "x"));
const aUrl = fc.oneof(
  { weight: 3, arbitrary: fc.webUrl({ withFragments: true, withQueryParameters: true }) },
  { weight: 1, arbitrary: aName.map((name) => `http://example.org/${name}`) },
);
const aLine = fc.oneof(
  { weight: 4, arbitrary: aUrl },
  { weight: 1, arbitrary: fc.tuple(aUrl, aName).map(([url, name]) => `${url}\t${name}`) },
  { weight: 1, arbitrary: aName.map((name) => `# ${name}`) },
  { weight: 1, arbitrary: fc.constantFrom("", " ") },
);
/** Lists that begin with an ASCII character. */
const aList = fc.array(aLine, { minLength: 1, maxLength: 12 });

describe("any list of URLs", () => {
  it("has the same jobs in any encoding, with any line ends, gzip or not, and in any chunks", async () => {
    await fc.assert(
      fc.asyncProperty(aList, anEncoding, anEnd, fc.boolean(), places, async (lines, encoding, end, isGzip, at) => {
        const expected = await read([Buffer.from(lines.join("\n"))]);
        const bytes = encoded(lines.join(end), encoding);
        const read1 = await read(cut(isGzip ? gzipSync(bytes) : bytes, at));
        expect(read1).toEqual(expected);
        expect(expected.jobs).toHaveLength(lines.filter((line) => !/^(#|\s*$)/.test(line)).length);
      }),
      { numRuns: 400, examples: [[["http://example.org/\ufffdx"], "UTF-8", "\n", false, []]] },
    );
  });

  it("has the same jobs byte by byte", async () => {
    const text = "# Grüße, 日本, 😀\r\rhttp://a/😀\r\nhttp://b/\tü\rhttp://c/";
    const expected = await read([Buffer.from(text)]);
    expect(expected.jobs.map(({ n }) => n)).toEqual([3, 4, 5]);
    for (const encoding of ENCODINGS) {
      const bytes = encoded(text, encoding);
      for (const content of [bytes, gzipSync(bytes)]) {
        expect(await read(Array.from(content, (byte) => Uint8Array.of(byte)))).toEqual(expected);
      }
    }
  });

  it("has the same jobs among lists in other encodings", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(aList, anEncoding, fc.boolean()), { minLength: 2, maxLength: 3 }),
        async (all) => {
          const jobsOf = async (
            bytesOf: (lines: readonly string[], encoding: (typeof ENCODINGS)[number], isGzip: boolean) => Buffer,
          ) => {
            const paths = all.map(([lines, encoding, isGzip], i) => {
              writeFileSync(folder.at(`${i}.txt`), bytesOf(lines, encoding, isGzip));
              return folder.at(`${i}.txt`);
            });
            const jobs: Job[] = [];
            for await (const batch of lists(paths, { ...READ, stdin: () => expect.unreachable() })) jobs.push(...batch);
            return jobs;
          };
          const expected = await jobsOf((lines) => Buffer.from(lines.join("\n")));
          const found = await jobsOf((lines, encoding, isGzip) => {
            const bytes = encoded(lines.join("\r\n"), encoding);
            return isGzip ? gzipSync(bytes) : bytes;
          });
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("in UTF-16 is returned line by line while standard input stays open", async () => {
    for (const encoding of ["UTF-16LE", "UTF-16BE with BOM", "UTF-32LE"] as const) {
      const stdin = new PassThrough();
      const iterator = lists(["-"], { ...READ, stdin: () => stdin })[Symbol.asyncIterator]();
      for (let n = 1; n < 4; n++) {
        const text = `http://a/${n}é\n`;
        stdin.write(n === 1 ? encoded(text, encoding) : encoded(text, encoding.replace(/ .*/, "") as typeof encoding));
        expect(await iterator.next()).toEqual({ done: false, value: [{ n, url: `http://a/${n}é` }] });
      }
      await iterator.return?.(undefined);
    }
  });
});

describe("the encoding of a list", () => {
  it("is detected by the first bytes, with and without a byte order mark", () => {
    for (const encoding of ENCODINGS) {
      for (const text of ["http://a/", "# 日本", "\r\n"]) {
        expect([text, encodingOf(encoded(text, encoding))]).toEqual([text, encoding.replace(/ .*/, "")]);
      }
    }
  });

  it.each([[""], ["h"], ["\0"], ["\0\0"], ["\0\0\0\0"], ["é"], ["日本"], ["\u0001\0\0\0"]])(
    "of %j is UTF-8",
    (text) => {
      expect(encodingOf(Buffer.from(text))).toBe("UTF-8");
    },
  );
});

describe("a list in two encodings", () => {
  const text = ["# one", "http://a/1", "http://a/é", ""].join("\r\n");
  const names = ENCODINGS.filter((encoding) => !encoding.includes("BOM"));
  const pairs = names.flatMap((one) => names.filter((other) => other !== one).map((other) => [one, other] as const));

  it.each(pairs)("is read as %s and refused where %s begins, in any chunks", async (one, other) => {
    const bytes = Buffer.concat([encoded(text, one), encoded("http://b/2\r\nhttp://b/3\r\n", other)]);
    const isNamed = one === "UTF-8" || (one.startsWith("UTF-16") && !other.startsWith("UTF-32"));
    const said = !isNamed
      ? /follows UTF/
      : new RegExp(`${one === "UTF-8" ? other.slice(0, 6) : other} follows ${one} `);
    await fc.assert(
      fc.asyncProperty(places, async (at) => {
        const { jobs, error } = await read(cut(bytes, at));
        expect(error).toMatch(said);
        expect(error).toContain("(stdin): cannot be read on, after line 3: ");
        expect(jobs.map(({ url }) => url)).toEqual(["http://a/1", "http://a/é"]);
      }),
      { numRuns: 30 },
    );
  });

  it("is not detected in a list in one encoding with any comment", async () => {
    const aComment = fc.string({ unit: "binary", maxLength: 60 }).map((comment) => comment.replace(/[\r\n\0]/g, ""));
    await fc.assert(
      fc.asyncProperty(aComment, anEncoding, async (comment, encoding) => {
        const { error } = await read([encoded(`# ${comment}\nhttp://a/\n`, encoding)]);
        expect(error).toBe("");
      }),
      { numRuns: 500 },
    );
  });

  it("may have an ASCII line end at its end, but no incomplete character", async () => {
    const list = encoded("http://a/\n", "UTF-16LE");
    const ended = await read([list, Buffer.from("\n")]);
    expect(ended).toMatchObject({ error: "", jobs: [{ url: "http://a/" }] });
    expect((await read([list, Buffer.from("x")])).error).toContain("it ends in the middle of a character");
  });
});

it("bytes that are no valid UTF-16 or UTF-32 are converted or refused, and never fail otherwise", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), anEncoding, places, async (bytes, encoding, at) => {
      const all = Buffer.concat([encoded("#\n", encoding), bytes]);
      async function* chunks() {
        for (const chunk of cut(all, at)) yield Buffer.from(chunk);
      }
      const pieces: Buffer[] = [];
      try {
        for await (const piece of toUtf8(chunks(), encodingOf(all) as Found)) pieces.push(piece);
      } catch (error) {
        expect((error as Error).message).toMatch(/ follows UTF-|in the middle of a character/);
      }
      expect(Buffer.concat(pieces).toString()).toContain("#\n");
    }),
    { numRuns: 500 },
  );
});
