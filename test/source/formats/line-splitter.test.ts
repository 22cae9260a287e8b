// The line splitter: numbers, names and columns of lines, in any chunks.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFailure } from "../../../src/core/failure.ts";
import type { Job } from "../../../src/core/job.ts";
import { parseUrl } from "../../../src/core/url/parse-url.ts";
import { lineSplitter } from "../../../src/source/formats/line-splitter.ts";

function split(chunks: readonly Uint8Array[], options: { offset?: number; list?: string } = {}): Job[] {
  const splitting = lineSplitter({ offset: 0, ...options });
  return [...chunks.flatMap((chunk) => splitting.push(chunk)), ...splitting.end()];
}

const jobsOf = (text: string) => split([Buffer.from(text)]);

/** Cuts bytes at places given as fractions of their length. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const PIECES = [
  "http://a/b",
  "\n",
  "\n",
  "\r\n",
  "\t",
  "#",
  " ",
  "é",
  "😀",
  "\0",
  "\ufeff",
  "42",
  "x.txt",
  "\r",
  "\u2028",
  "\tx\tn=9",
];
const aText = fc.array(fc.constantFrom(...PIECES)).map((pieces) => pieces.join(""));
const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });

describe("a splitter of some lines only", () => {
  /** Lines of blocks of two, every third block. */
  const spanAt = (place: number) => {
    const block = Math.floor((place - 1) / 2);
    const ahead = (3 - (block % 3)) % 3;
    return ahead === 0 ? { isOwn: true, last: 2 * (block + 1) } : { isOwn: false, last: 2 * (block + ahead) };
  };

  it("returns the jobs of these lines, with their numbers, and counts all lines, whatever the ends of lines are", () => {
    fc.assert(
      fc.property(aText, places, fc.nat(5), (text, at, offset) => {
        const bytes = Buffer.from(text);
        const whole: Job[] = [];
        const all = lineSplitter({
          offset,
          claim: (_n, place) => (spanAt(place).isOwn ? undefined : "another's"),
        });
        whole.push(...all.push(bytes), ...all.end());
        const some = lineSplitter({ offset, spanAt });
        const own = [...cut(bytes, at).flatMap((chunk) => some.push(chunk)), ...some.end()];
        expect(own).toEqual(whole.filter(({ refused }) => refused === undefined));
        expect(some.lines()).toBe(all.lines());
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the jobs of a list", () => {
  it("are the same in any chunks, also cut inside a character or a CRLF", () => {
    fc.assert(
      fc.property(aText, places, (text, at) => {
        const bytes = Buffer.from(text);
        expect(split(cut(bytes, at))).toEqual(split([bytes]));
        expect(
          split(
            cut(
              bytes,
              Array.from(bytes, (_, i) => i / bytes.length),
            ),
          ),
        ).toEqual(split([bytes]));
      }),
    );
  });

  it("are numbered as by `sed -n Np` if every CR is before an LF", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("http://a/", "#", "", " "), { minLength: 1 }), (lines) => {
        for (const end of ["\n", "\r\n", "\r\r\n"]) {
          const expected = lines.flatMap((line, i) => (line.startsWith("h") ? [i + 1] : []));
          expect(jobsOf(lines.join(end)).map(({ n }) => n)).toEqual(expected);
        }
      }),
    );
  });

  it("have bytes that are not UTF-8 percent-encoded, in any chunks", () => {
    const someBytes = fc
      .array(fc.constantFrom(0x68, 0x0a, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0xff, 0xe2))
      .map((bytes) => Uint8Array.from(bytes));
    fc.assert(
      fc.property(someBytes, places, (bytes, at) => {
        expect(split(cut(bytes, at))).toEqual(split([bytes]));
      }),
    );
    for (const [end, encoded] of [
      [[0xe9, 0x0a], "%E9"],
      [[0xc3], "%C3"],
      [[0xf0, 0x9f, 0x2f, 0xed, 0xa0, 0x80, 0xc3, 0xa9], "%F0%9F/%ED%A0%80%C3%A9"],
    ] as const) {
      const [job] = split([Buffer.from([...Buffer.from("http://a/caf"), ...end])]);
      const target = parseUrl(job?.url ?? "");
      expect(isFailure(target) ? target.detail : target.href).toBe(`http://a/caf${encoded}`);
    }
  });

  it("are numbered by line ends: LF, CRLF, CR, or several CR before an LF", () => {
    fc.assert(
      fc.property(aText, fc.nat(1000), (text, offset) => {
        const lines = text.split(/\r*\n|\r/).map((line) => line.trim());
        const expected = lines.flatMap((line, i) => (line === "" || line.startsWith("#") ? [] : [i + 1]));
        const jobs = split([Buffer.from(text)], { offset, list: "a.txt" });
        expect(jobs.map(({ line }) => line)).toEqual(expected);
        for (const { n, name, line = 0, url, list } of jobs) {
          expect(list).toBe("a.txt");
          const given = /^\d+$/.test(name ?? "") || lines[line - 1]?.includes("n=9") === true;
          if (!given) expect(n).toBe(offset + line);
          expect(url).toBe(lines[line - 1]?.split("\t", 1)[0]?.trimEnd());
        }
      }),
    );
  });
});

describe("a line of a list", () => {
  const lines: [what: string, text: string, jobs: object[]][] = [
    ["is a job", "http://a/\n", [{ n: 1, url: "http://a/" }]],
    [
      "needs no line end if it is the last",
      "http://a/\nhttp://b/",
      [
        { n: 1, url: "http://a/" },
        { n: 2, url: "http://b/" },
      ],
    ],
    ["loses the blanks around its URL", " \t http://a/b c \t\n", [{ n: 1, url: "http://a/b c" }]],
    ["loses a byte order mark", "\ufeffhttp://a/\n", [{ n: 1, url: "http://a/" }]],
    ["is a comment also after a byte order mark", "\ufeff# list\nhttp://a/", [{ n: 2, url: "http://a/" }]],
    [
      "may end in CRLF",
      "http://a/\r\n\r\nhttp://b/\r\n",
      [
        { n: 1, url: "http://a/" },
        { n: 3, url: "http://b/" },
      ],
    ],
    [
      "counts in the numbering even if it is blank or a comment",
      "\n  \n#x\n  # y\nhttp://a/",
      [{ n: 5, url: "http://a/" }],
    ],
    ["keeps a # inside it", "http://a/#b\n", [{ n: 1, url: "http://a/#b" }]],
    ["keeps a NUL, which makes its URL invalid", "http://a/\0b\n", [{ n: 1, url: "http://a/\0b" }]],
    ["may have a name after a TAB", "http://a/\t b c.html \n", [{ n: 1, url: "http://a/", name: "b c.html" }]],
    ["has the number of n=, and its name", "http://a/\tx.html\tn=42\n", [{ n: 42, name: "x.html" }]],
    ["is named by the number of n=, which may be another line's", "http://a/\t\tn=42\n", [{ n: 42, name: "42" }]],
    ["has its own number if n= has no number", "http://a/\tx.html\tn=4x\n", [{ n: 1, name: "x.html" }]],
    ["has only the first name", "http://a/\tb\tc\n", [{ n: 1, url: "http://a/", name: "b" }]],
    ["has no name if its second column is blank", "http://a/\t \tc\n", [{ n: 1, url: "http://a/" }]],
    [
      "has its name as number if that is one",
      "http://a/\nhttp://b/\t000042\n",
      [
        { n: 1, url: "http://a/" },
        { n: 42, url: "http://b/" },
      ],
    ],
    [
      "has digits as a name, and not as a number, from 16 digits on",
      `http://a/\t${"9".repeat(16)}`,
      [{ n: 1, name: "9".repeat(16) }],
    ],
  ];
  it.each(lines)("%s", (_what, text, jobs) => {
    const found = jobsOf(text);
    expect(found).toMatchObject(jobs);
    expect(found).toHaveLength(jobs.length);
  });

  it("has neither list nor line in its job if there is only one list", () => {
    expect(jobsOf("http://a/\nhttp://b/\tname\n")).toEqual([
      { n: 1, url: "http://a/" },
      { n: 2, url: "http://b/", name: "name" },
    ]);
  });
});

describe("a line of 10 MiB", () => {
  const MIB = 1_048_576;
  const chunk = Buffer.alloc(65_536, "a");
  const end = Buffer.from("\nhttp://b/\n");

  it("is one job with a URL that is too long and is cut off", () => {
    const chunks = Array.from({ length: (10 * MIB) / chunk.length }, () => chunk);
    const jobs = split([Buffer.from("http://a/"), ...chunks, end]);
    expect(jobs.map(({ n }) => n)).toEqual([1, 2]);
    expect(jobs[0]?.url.length).toBeLessThan(100_000);
    expect(parseUrl(jobs[0]?.url ?? "")).toMatchObject({ error: "invalid_url" });
    expect(jobs[1]?.url).toBe("http://b/");
  });

  it("may have more characters than a JavaScript string", () => {
    const splitting = lineSplitter({ offset: 0 });
    const mebibyte = Buffer.alloc(MIB, "a");
    for (let i = 0; i < 520; i++) splitting.push(mebibyte); // V8's maximum string length is 512 Mi characters
    expect(splitting.push(end).map(({ n }) => n)).toEqual([1, 2]);
  });

  it("has the same job in one chunk", () => {
    const line = Buffer.concat([Buffer.from("http://a/"), Buffer.alloc(10 * MIB, "a"), end]);
    const pieces = Array.from({ length: 161 }, (_, i) => line.subarray(i * 65_536, (i + 1) * 65_536));
    const [whole, cuts] = [split([line]), split(pieces)].map((jobs) => jobs.map(({ n, url }) => [n, url.length]));
    expect(whole).toEqual(cuts);
  });

  it("is its URL, after any number of blanks, in any chunks", () => {
    const blanks = Buffer.alloc(MIB, " \t\v");
    const chunks = [blanks, blanks, Buffer.from("http://a/"), blanks, blanks, end];
    const urls = [
      { n: 1, url: "http://a/" },
      { n: 2, url: "http://b/" },
    ];
    expect(split(chunks)).toEqual(urls);
    expect(split([Buffer.concat(chunks)])).toEqual(urls);
    expect(split([blanks, blanks, end])).toEqual([{ n: 2, url: "http://b/" }]);
  });

  it("has an invalid URL, and not that of the shorter line that was kept", () => {
    const blanks = Buffer.alloc(MIB, " ");
    for (const [text, rest] of [
      ["http://a/", "x"],
      ["http://a/", "\tname"],
      ["http://a/\tname\t", "sha256=00"],
      ["http://a/\tname\tn=7\t", "x"],
    ] as const) {
      const [job, next] = split([Buffer.from(text), blanks, Buffer.from(rest), end]);
      expect(parseUrl(job?.url ?? "")).toMatchObject({ error: "invalid_url" });
      expect(job).toEqual({ n: 1, url: expect.any(String) });
      expect(next).toEqual({ n: 2, url: "http://b/" });
    }
  });

  it("is a comment if it begins with #", () => {
    expect(split([Buffer.from("  #"), chunk, chunk, chunk, chunk, end])).toEqual([{ n: 2, url: "http://b/" }]);
  });
});

describe("the texts of a job", () => {
  it("are bounded, and too long ones are cut to more than their maximum", () => {
    const [job] = jobsOf(`http://a/${"u".repeat(70_000)}\t${"n".repeat(70_000)}\tsha256=${"0".repeat(70_000)}`);
    expect([job?.url.length, job?.name?.length, job?.sha256?.length]).toEqual([65_537, 4097, 65]);
    const [fits] = jobsOf(`http://a/\t${"n".repeat(4096)}\tsha256=${"A".repeat(64)}`);
    expect(fits).toMatchObject({ name: "n".repeat(4096), sha256: "a".repeat(64) });
  });

  it("are the same if most of the line is blanks", () => {
    const long = " ".repeat(100_000);
    expect(jobsOf(`http://a/${long}\tname ${long}\tn=7\tsha256=00 ${long}`)).toEqual([
      { n: 7, url: "http://a/", name: "name", numbered: true, sha256: "00" },
    ]);
  });
});
