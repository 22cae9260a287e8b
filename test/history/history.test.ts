// What a run recorded, read back by the next: whatever became of the journal's end, its middle and its files.
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/core/job.ts";
import { entryOf, quickEntry, slowEntry, urlHash } from "../../src/history/entry.ts";
import { type History, readHistory } from "../../src/history/history.ts";
import { looks, secondThread } from "../../src/history/looks.ts";
import { JournalError } from "../../src/history/open.ts";
import { recordOf } from "../../src/report/record.ts";
import { failed, saved, skipped, TIME } from "../core/outcomes.ts";
import { own, ownFolder } from "../support/own.ts";

const folder = ownFolder();
let path: string;
beforeEach(() => {
  path = folder.at("results.jsonl");
});

function read(...lines: (Outcome | string)[]): History {
  writeFileSync(path, lines.map((line) => (typeof line === "string" ? line : recordOf(line))).join(""));
  return reread();
}

function reread(): History {
  return own(readHistory(folder.path, path));
}

/** A saved line whose file is on the disk. */
function stored(n: number, url = `https://example.org/${n}`, bytes = n % 100): Outcome {
  const file = `${n}.txt`;
  writeFileSync(folder.at(file), "x".repeat(bytes));
  return saved({ n, url, file, bytes });
}

const URL_A = "https://example.org/a";
const gone = saved({ n: 5, url: URL_A, file: "gone.txt", bytes: 3 });

describe("a history", () => {
  it("knows each line's last record, by number and URL", () => {
    const history = read(
      stored(1),
      failed({ n: 2, url: URL_A, retryable: false }),
      failed({ n: 3, url: URL_A }),
      gone,
      failed({ n: 4 }),
      stored(4),
    );
    const states = [1, 2, 3, 4, 5, 6].map((n) =>
      history.state(n, n === 1 || n === 4 ? `https://example.org/${n}` : URL_A),
    );
    expect(states).toEqual(["saved", "failed", "open", "saved", "open", undefined]);
    expect(history.state(1, "https://example.org/2")).toBe("other");
    expect(history).toMatchObject({
      saved: 2,
      failedForGood: 1,
      open: 2,
      recorded: 5,
      failures: 2,
      stale: 1,
      unmet: 2,
    });
    expect(history.notes).toEqual(["1 file missing or of another size: fetched again"]);
    expect(history.record(3)).toEqual(failed({ n: 3, url: URL_A }));
    expect(history.record(4)).toEqual(stored(4));
    expect(history.record(6)).toBeUndefined();
  });

  it("of an empty journal is empty, and that of none an error", () => {
    expect(read()).toMatchObject({ saved: 0, failedForGood: 0, open: 0, bytes: 0, notes: [], stale: 0, recorded: 0 });
    rmSync(path);
    expect(reread).toThrow("ENOENT");
  });

  it("equals a simple model wherever the journal was cut off", () => {
    const names = ["a", "ü", 'q"', "😀\\"];
    const one = fc.record({
      n: fc.constantFrom(1, 2, 70, 999_999_999_999_999),
      url: fc.constantFrom(...names).map((name) => `https://example.org/${name}`),
      kind: fc.constantFrom("here", "gone", "passing", "failed"),
    });
    writeFileSync(folder.at("here.txt"), "here");
    const outcomeOf = ({ n, url, kind }: { n: number; url: string; kind: string }): Outcome =>
      kind === "here" || kind === "gone"
        ? saved({ n, url, file: `${kind}.txt`, bytes: 4 })
        : failed({ n, url, retryable: kind === "passing" });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), (events) => {
        const records = events.map((event) => Buffer.from(recordOf(outcomeOf(event))));
        const whole = Buffer.concat(records);
        writeFileSync(path, whole);
        for (let cut = whole.length; cut >= 0; cut--) {
          truncateSync(path, cut);
          let end = 0;
          const model = new Map<number, (typeof events)[number]>();
          for (const [i, event] of events.entries()) {
            const length = records[i]?.length ?? 0;
            if (end + length - 1 > cut) break; // only the line feed may be lacking
            end = Math.min(cut, end + length);
            model.set(event.n, event);
          }
          const history = readHistory(folder.path, path);
          expect(history.bytes).toBe(end);
          expect(history.notes.some((note) => note.includes("torn"))).toBe(end < cut);
          expect(history.recorded).toBe(model.size);
          for (const { n, url } of events) {
            const last = model.get(n);
            const words = { here: "saved", gone: "open", passing: "open", failed: "failed" };
            const state = last === undefined ? undefined : words[last.kind as keyof typeof words];
            expect(history.state(n, url)).toBe(last === undefined || last.url === url ? state : "other");
            if (cut % 50 === 0) expect(history.record(n)).toEqual(last === undefined ? undefined : outcomeOf(last));
          }
          history.close();
        }
      }),
      { numRuns: 12 },
    );
  });

  it.each(["000002.txt", "000/000002.txt"])(
    "says of several lines with the file %s that it is the one's whose number it has",
    (file) => {
      const history = read(...[1, 2, 3].map((n) => saved({ n, url: `https://example.org/${n}`, file, bytes: 3 })));
      expect([1, 2, 3].map((n) => history.record(n)?.file)).toEqual([undefined, file, undefined]);
    },
  );

  it("knows numbers close together and far apart", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.oneof(
            fc.nat(2000),
            fc.maxSafeNat().map((n) => n % 1e15),
          ),
          { maxLength: 200 },
        ),
        (numbers) => {
          const history = read(...numbers.map((n) => failed({ n, url: `https://example.org/${n}` })));
          for (const n of numbers) {
            expect(history.state(n, `https://example.org/${n}`)).toBe("open");
            expect(history.record(n)?.n).toBe(n);
            if (!numbers.includes(n + 1)) expect(history.state(n + 1, "https://example.org/")).toBeUndefined();
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("gives records that are shorter than any of ours, many to a place", () => {
    const short = (n: number, url: string) => `{"n":${n},"url":"${url}","outcome":"failed"}\n`;
    const history = read(...Array.from({ length: 200 }, (_, i) => short(i % 7, `x${i}`)));
    for (let n = 0; n < 7; n++) expect(history.record(n)?.url).toBe(`x${199 - ((199 - n) % 7)}`);
  });

  it("takes the last of two records that are shorter than any of ours", () => {
    writeFileSync(folder.at("b"), "12");
    const short = (file: string) => `{"n":1,"url":"u","outcome":"saved","file":"${file}","bytes":2}\n`;
    expect(read(short("a"), short("b")).state(1, "u")).toBe("saved");
    expect(read(short("b"), short("a")).state(1, "u")).toBe("open");
  });

  it("knows lines that were skipped, read or added, from those that failed", () => {
    const history = read(
      '{"n":1,"url":"u","outcome":"skipped","reason":"robots"}\n',
      skipped({ n: 2 }),
      failed({ n: 3 }),
    );
    history.add(skipped({ n: 4 }), history.bytes);
    expect([1, 2, 3, 4].map((n) => history.state(n, n === 1 ? "u" : skipped().url))).toEqual([
      "skipped",
      "skipped",
      "open",
      "skipped",
    ]);
    expect(history).toMatchObject({ saved: 0, failedForGood: 0, open: 1, recorded: 4, failures: 1, unmet: 0 });
    expect(history.find("u")).toBeUndefined();
  });
});

describe("a twin", () => {
  it("is the record of a saved line with this very URL, of an earlier run or added since", () => {
    const history = read(
      stored(1, URL_A),
      failed({ n: 2, url: "https://b/" }),
      gone,
      skipped({ n: 6, url: "https://c/" }),
      saved({ n: 7, url: "http://me:***@a/", file: "7.txt", bytes: 7 }),
    );
    expect(history.twin(URL_A)).toMatchObject({ n: 1, file: "1.txt" });
    for (const url of ["https://b/", "https://c/", "https://d/", "http://me:***@a/", "http://me:one@a/"]) {
      expect(history.twin(url), url).toBeUndefined();
    }
    const added = recordOf(stored(8, "https://d/"));
    history.add(JSON.parse(added) as Outcome, lstatSync(path).size);
    expect(history.twin("https://d/")).toBeUndefined(); // not written yet
    appendFileSync(path, added);
    expect(history.twin("https://d/")).toMatchObject({ n: 8, file: "8.txt" });
    history.forget(1);
    expect(history.twin(URL_A)).toBeUndefined();
  });

  it("is found among thousands, and in no other place, while they are added", () => {
    const urlOf = (n: number) => `https://example.org/${n % 3000}`;
    const history = read();
    let offset = 0;
    for (let n = 1; n <= 5000; n++) {
      const outcome = saved({ n, url: urlOf(n), file: `${n}.txt` });
      const record = recordOf(outcome);
      appendFileSync(path, record);
      history.add(outcome, offset);
      offset += record.length;
      if (n % 7 === 0) expect(history.twin(urlOf(n))?.url).toBe(urlOf(n));
    }
    for (let i = 0; i < 3000; i++) expect(history.twin(urlOf(i))?.url).toBe(urlOf(i));
    for (let i = 3000; i < 6000; i++) expect(history.twin(`https://example.org/${i}`)).toBeUndefined();
  });

  it("is not taken from another URL with the same hash", () => {
    const byHash = new Map<number, string>();
    let pair: readonly [string, string] | undefined;
    for (let i = 0; pair === undefined; i++) {
      const url = `https://example.org/${i}`;
      const other = byHash.get(urlHash(url));
      if (other !== undefined) pair = [other, url];
      byHash.set(urlHash(url), url);
    }
    const history = read(stored(1, pair[0]));
    expect(history.twin(pair[0])).toMatchObject({ n: 1 });
    expect(history.twin(pair[1])).toBeUndefined();
    history.add(stored(2, pair[1]), lstatSync(path).size);
    appendFileSync(path, recordOf(stored(2, pair[1])));
    expect([history.twin(pair[0])?.n, history.twin(pair[1])?.n]).toEqual([1, 2]);
  });
});

describe("files", () => {
  it("count only as files of their own with the recorded length, in folders of their own", () => {
    const at = (name: string) => folder.at(name);
    mkdirSync(at("sub/deep"), { recursive: true });
    mkdirSync(at("folder"));
    for (const name of ["whole", "sub/deep/whole", "long", "short"]) writeFileSync(at(name), "12345");
    appendFileSync(at("long"), "6");
    truncateSync(at("short"), 4);
    symlinkSync("whole", at("link")); // 5 bytes long itself
    symlinkSync(at("sub"), at("linked"));
    const name = folder.path.split("/").at(-1) ?? "";
    const good = ["whole", "sub/deep/whole"];
    const bad = [
      "long",
      "short",
      "link",
      "folder",
      "none",
      "linked/deep/whole",
      "linked/deep/whole",
      `../${name}/whole`,
      at("whole"),
      "whole/x",
    ];
    const odd = ["", ".", "..", "sub//deep/whole", "sub/../whole", "whole\0", "x".repeat(5000)];
    const files = [...good, ...bad, ...odd];
    const history = read(...files.map((file, i) => saved({ n: i, file, bytes: 5 })), saved({ n: 99 }));
    const states = files.map((file, i) => [file, history.state(i, saved().url)]);
    expect(states).toEqual(files.map((file) => [file, good.includes(file) ? "saved" : "open"]));
    expect(history.state(99, saved().url)).toBe("open");
    expect(history.notes).toEqual([`${bad.length + odd.length + 1} files missing or of another size: fetched again`]);
  });

  it("of a long journal are all looked for, and only what is missing of the last records counts", () => {
    writeFileSync(folder.at("here"), "1");
    const fileOf = (n: number) => (n % 97 === 0 ? "gone" : "here");
    const record = (n: number, file: string) => recordOf(saved({ n, file, bytes: 1 }));
    const first = Array.from({ length: 40_000 }, (_, n) => record(n, n % 2 === 0 ? "gone" : "here"));
    const last = Array.from({ length: 40_000 }, (_, n) => record(n, fileOf(n)));
    const history = read(...first, ...last);
    const missing = Math.ceil(40_000 / 97);
    expect(history).toMatchObject({ saved: 40_000 - missing, open: missing, stale: 40_000, failures: 0 });
    for (let n = 0; n < 40_000; n += 13)
      expect(history.state(n, saved().url)).toBe(fileOf(n) === "here" ? "saved" : "open");
  });
});

describe("a second thread", () => {
  const asked = Array.from({ length: 40_000 }, (_, n) => (n % 97 === 0 ? "gone" : "here"));

  /** The numbers of the files that were found missing. */
  function missing(start?: typeof secondThread): number[] {
    writeFileSync(folder.at("here"), "1");
    const found: number[] = [];
    const files = looks(folder.path, (n, unit) => void found.push(n === unit + 1 ? n : -1), start);
    for (const [n, file] of asked.entries()) files.ask(n, n - 1, file, 1);
    files.end();
    return found.sort((a, b) => a - b);
  }
  const right = asked.flatMap((file, n) => (file === "gone" ? [n] : []));

  it("that is lost, or cannot be started, is not missed", () => {
    const silent = { give: () => {}, answer: () => undefined, wait: () => {}, close: () => {} };
    expect(missing(() => silent)).toEqual(right);
    expect(missing(() => undefined)).toEqual(right);
  });

  it("finds what is missing itself, once it is asked", () => {
    writeFileSync(folder.at("here"), "1");
    const second = secondThread(folder.path);
    second?.give({ ns: [], units: [], files: ["here", "gone", "here"], bytes: [1, 1, 2] });
    second?.give({ ns: [], units: [], files: ["gone"], bytes: [1] });
    second?.wait();
    expect([second?.answer(), second?.answer(), second?.answer()]).toEqual([[1, 2], [0], undefined]);
    second?.close();
  });

  it("and this one together miss nothing", () => {
    expect(missing()).toEqual(right);
  });
});

describe("a journal that is damaged", () => {
  it("loses what cannot be read, and says how much and where", () => {
    const half = recordOf(stored(2)).slice(0, 90);
    const history = read(
      stored(1),
      "\n",
      "no json\n",
      `${half}\0\0\0\0\n`,
      `${half}${recordOf(stored(3))}`,
      '{"n":7}\n',
      stored(4),
    );
    expect(history).toMatchObject({ saved: 2, open: 0, stale: 5 });
    expect(history.notes).toEqual(["5 unreadable records left out, the first at line 2"]);
    expect([1, 2, 3, 4].map((n) => history.state(n, `https://example.org/${n}`))).toEqual([
      "saved",
      undefined,
      undefined,
      "saved",
    ]);
  });

  it("by zeros at its end is cut off before them", () => {
    const one = recordOf(stored(1));
    const history = read(one, "\0".repeat(5000));
    expect(history).toMatchObject({ saved: 1, bytes: one.length, stale: 0 });
    expect(history.notes).toEqual(["a torn last record dropped: 5,000 bytes"]);
  });

  it("by a line longer than any record keeps what follows it", () => {
    const long = failed({ n: 2, detail: "y".repeat(3_000_000) });
    const history = read(stored(1), long, `${"x".repeat(40_000_000)}\n`, stored(3));
    expect(history).toMatchObject({ saved: 2, open: 1, stale: 1 });
    expect(history.notes).toEqual(["1 unreadable record left out, the first at line 3"]);
    expect(history.record(3)).toEqual(stored(3));
    expect(history.record(2)).toEqual(long);
    const before = readFileSync(path).length;
    appendFileSync(path, "z".repeat(40_000_000));
    expect(reread()).toMatchObject({ saved: 2, bytes: before });
  });

  it("by a line longer than any record has no record at that line's end", () => {
    const hidden = recordOf(stored(2));
    expect(read(stored(1), "x".repeat(16_777_216), hidden).state(2, "https://example.org/2")).toBeUndefined();
  });

  it("holds records of which nothing but the number, the URL and the outcome can be relied on", () => {
    const odd = '{"n":1,"url":"u","outcome":"saved","file":7,"bytes":"1","etag":null,"name":{}}\n';
    const history = read(odd);
    expect(history.state(1, "u")).toBe("open");
    expect(history.record(1)).toEqual({ n: 1, url: "u", outcome: "saved" });
  });

  it("is read, not mended: whoever appends cuts it off", () => {
    const text = `${recordOf(stored(1))}{"n":2`;
    read(text);
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});

describe("a journal that cannot be gone on with", () => {
  it("because a newer version wrote it is refused with its place and the next step", () => {
    const newer = `{"n":2,"url":"u","outcome":"frozen","time":"${TIME}"}`;
    for (const end of ["\n", ""]) {
      expect(() => read(stored(1), newer + end)).toThrow(JournalError);
      expect(() => read(stored(1), newer + end)).toThrow(
        `${path}:2: outcome "frozen", which only a newer bulkget knows: use that version, or another folder (-o), or --force to start over`,
      );
    }
  });

  it("because it is a link or a folder is refused, and nothing is read", () => {
    const target = folder.at("target");
    writeFileSync(target, recordOf(failed()));
    symlinkSync(target, path);
    expect(reread).toThrow(`${path}: is a link`);
    rmSync(path);
    mkdirSync(path);
    expect(reread).toThrow(`${path}: is no file`);
  });
});

describe("while a run goes on", () => {
  it("what is recorded anew takes the place of what was, and is found where it was written", () => {
    const history = read(stored(1), failed({ n: 2 }), gone);
    const outcome = saved({ n: 2, url: "https://example.org/ü", file: "2.txt" });
    history.add(outcome, history.bytes);
    expect(history.state(2, outcome.url)).toBe("saved");
    expect(history.record(2)).toBeUndefined(); // not written yet
    appendFileSync(path, recordOf(outcome));
    expect(history.record(2)).toEqual(outcome);
    history.add(failed({ n: 3, retryable: false }), 10_000);
    history.add(failed({ n: 4 }), 11_000);
    expect([3, 4].map((n) => history.state(n, failed().url))).toEqual(["failed", "open"]);
    expect(history).toMatchObject({ recorded: 5, failures: 2, stale: 1, saved: 1, open: 2 });
  });

  it("what is forgotten has no record, and no URL is found by it", () => {
    const history = read(stored(1), stored(2));
    history.forget(1);
    history.forget(1);
    history.forget(12_345);
    expect(history.state(1, "https://example.org/1")).toBeUndefined();
    expect(history.record(1)).toBeUndefined();
    expect(history.find("https://example.org/1")).toBeUndefined();
    expect(history).toMatchObject({ recorded: 1, stale: 1, unmet: 1 });
  });

  it("saved lines that the list does not have are counted", () => {
    const history = read(stored(1), stored(2), stored(3), gone, failed({ n: 6 }));
    for (const n of [1, 1, 5, 6, 7, 1e14]) history.meet(n);
    expect(history.unmet).toBe(2);
    history.add(stored(2), 0);
    expect(history.unmet).toBe(1);
    history.forget(3);
    expect(history.unmet).toBe(0);
    expect(history.state(1, "https://example.org/1")).toBe("saved");
  });

  it("a URL leads to a saved line of an earlier run that the list has not met, and to no other", () => {
    const urls = Array.from({ length: 1100 }, (_, i) => `https://example.org/${i % 2 === 0 ? "ü" : "x"}/${i}`);
    const history = read(...urls.map((url, i) => stored(1_000_000_000 * i, url, 1)), gone, failed({ n: 3, url: "u" }));
    for (const [i, url] of urls.entries()) expect(history.find(url)).toBe(1_000_000_000 * i);
    expect(history.find(URL_A)).toBeUndefined();
    expect(history.find("u")).toBeUndefined();
    history.meet(0);
    history.forget(1_000_000_000);
    history.add(saved({ n: 2_000_000_000, url: "v" }), 0);
    expect(urls.slice(0, 4).map((url) => history.find(url))).toEqual([undefined, undefined, undefined, 3_000_000_000]);
    expect(history.find("v")).toBeUndefined();
  });
});

describe("a URL with the hash of another", () => {
  it("does not lead to the other's line", () => {
    const seen = new Map<number, string>();
    for (let i = 0; ; i++) {
      const url = `https://example.org/${i}`;
      const twin = seen.get(urlHash(url));
      seen.set(urlHash(url), url);
      if (twin === undefined) continue;
      const history = read(stored(1, twin));
      expect(history.state(1, url)).toBe("saved"); // the one in a billion that is accepted
      expect(history.find(url)).toBeUndefined();
      expect(history.find(twin)).toBe(1);
      return;
    }
  });
});

describe("a line", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.webUrl());
  const number = fc.oneof(fc.nat(), fc.constantFrom(0, 1e15 - 1, 1e15, 0.5, 1.25, -1));
  const outcomes = fc.oneof(
    fc
      .record({ n: number, url: text, file: text, bytes: number, etag: text, total_ms: number })
      .map((over) => saved(over)),
    fc
      .record({ n: number, url: text, detail: text, retryable: fc.boolean(), retried_after: fc.array(text) })
      .map((over) => failed(over)),
  );

  it("says the same by either way to read it, whatever is in it", () => {
    fc.assert(
      fc.property(outcomes, (outcome) => {
        const line = Buffer.from(recordOf(outcome));
        const slow = slowEntry(line, 0, line.length - 1);
        expect(quickEntry(line, 0, line.length - 1) ?? slow).toEqual(slow);
        expect(slow === undefined).toBe(
          !Number.isInteger(outcome.n) || outcome.n < 0 || outcome.n > 999_999_999_999_999,
        );
        if (slow !== undefined) expect(slow).toMatchObject({ n: outcome.n, hash: urlHash(outcome.url) });
      }),
      { numRuns: 1000 },
    );
  });

  it("with a byte changed, lost or added is never taken for what it is not", () => {
    const edit = fc.record({
      at: fc.nat(),
      remove: fc.nat(3),
      insert: fc.string({ maxLength: 2, unit: "binary-ascii" }),
    });
    const some = [saved({ file: "1.txt" }), failed({ retried_after: ["a: b", "c"], total_ms: 1.5 })];
    fc.assert(
      fc.property(fc.constantFrom(...some), edit, (outcome, { at, remove, insert }) => {
        const record = recordOf(outcome).trimEnd();
        const place = at % record.length;
        const line = Buffer.from(`${record.slice(0, place)}${insert}${record.slice(place + remove)}\n`);
        const quick = quickEntry(line, 0, line.length - 1);
        if (quick !== undefined) expect(quick).toEqual(slowEntry(line, 0, line.length - 1));
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    "1.",
    "01",
    ".5",
    "-",
    "1e",
    "tru",
    "falsee",
    '["a",]',
    '["a"',
    '"a" "b"',
    "1,",
    "1}",
    '"\\x"',
    "{",
    "",
    "nul",
  ])("with %s for a value is no record", (value) => {
    const line = Buffer.from(`{"n":1,"x":${value},"url":"u","outcome":"saved"}\n`);
    expect(entryOf(line, 0, line.length - 1)).toBeUndefined();
    const last = Buffer.from(`{"n":1,"url":"u","outcome":"saved","x":${value}}\n`);
    expect(entryOf(last, 0, last.length - 1)).toBeUndefined();
  });

  it("of the usual kind takes the quick way, in the order of any version", () => {
    const { n, url, outcome, status, bytes, ...rest } = saved({ etag: "abc", type: "text/html" });
    const file = "000001.html";
    for (const record of [
      { n, url, outcome, file, status, bytes, ...rest },
      { ...rest, bytes, status, file, outcome, url, n },
      failed({ retried_after: ["truncated: 3 of 5 bytes"], wait_ms: 0.5 }),
      failed({ retryable: false, retried_after: [] }),
    ]) {
      const line = Buffer.from(`${JSON.stringify(record)}\n`);
      const isQuick = !JSON.stringify(record).includes("[]");
      expect(quickEntry(line, 0, line.length - 1) !== undefined).toBe(isQuick);
      expect(entryOf(line, 0, line.length - 1)).toEqual(slowEntry(line, 0, line.length - 1));
    }
  });
});

describe("the hash of a URL", () => {
  it("is another for another URL, nearly always, and uses all of its 30 bits", () => {
    const hashes = new Set<number>();
    const buckets = new Uint32Array(1024);
    const count = 100_000;
    for (let i = 0; i < count; i++) {
      const hash = urlHash(`https://example.org/images/${i}.jpg`);
      expect(hash >>> 30).toBe(0);
      hashes.add(hash);
      buckets[hash & 1023] = (buckets[hash & 1023] ?? 0) + 1;
      buckets[hash >>> 20] = (buckets[hash >>> 20] ?? 0) + 1;
    }
    // By chance 4.7 collide; 20 or more in one of 10 million such lists.
    expect(count - hashes.size).toBeLessThan(20);
    expect(Math.max(...buckets)).toBeLessThan(300);
    expect(Math.min(...buckets)).toBeGreaterThan(110);
  });
});
