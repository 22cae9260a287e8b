// The folder's sink: a body becomes a complete file or none, under a name of its own.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Answer } from "../../../src/core/ports.ts";
import { ownFolder } from "../../support/own.ts";
import {
  answer,
  bodyOf,
  filesIn,
  JOB,
  pouredOf,
  type SinkOptions,
  sinkInto,
  storeInto,
  TARGET,
  text,
} from "../bodies.ts";

const folder = ownFolder();

const at = (file: string) => folder.at(file);
const files = () => filesIn(folder.path);
const read = (file: string) => readFileSync(at(file), "utf8");
const storing = (options?: SinkOptions) => storeInto(folder.path, options);
/** A disk that is always slow: all writes are in the thread pool. */
const SLOW = { isFast: () => false, record: () => expect.unreachable("nothing is written at once") };

const kinds: [kind: string, body: (...pieces: Uint8Array[]) => Answer["body"], to?: SinkOptions][] = [
  ["whole", (...pieces) => pieces],
  ["whole and late", (...pieces) => pieces, { disk: SLOW }],
  ["streamed", (...pieces) => bodyOf(pieces.map((piece) => [piece, new Uint8Array(0)]))],
  ["poured", (...pieces) => pouredOf(pieces)],
  ["pulled", (...pieces) => pouredOf(pieces), { disk: SLOW }],
];

it("a stream is poured while the disk is fast, and pulled while it is slow", async () => {
  const words = ["a", "b", "c", "d", "e", "f"].map(text);
  for (const quick of [0, 1, 2, 5, 6, 7]) {
    let writes = 0;
    const disk = { isFast: () => writes < quick, record: () => writes++ };
    expect(await storing({ disk })(pouredOf(words), { n: quick })).toMatchObject({ bytes: 6 });
    expect([writes, read(`00000${quick}.html`)]).toEqual([Math.min(quick, 6), "abcdef"]);
  }
});

describe("many small bodies on a slow disk", () => {
  it("are written a few at a time, and their memory is freed once, after that", async () => {
    const sink = sinkInto(folder.path, { disk: SLOW });
    const jobs = Array.from({ length: 100 }, (_, i) => ({ ...JOB, n: i + 1 }));
    let freed = 0;
    let most = 0;
    const stored = await Promise.all(
      jobs.map(async (job) => {
        const shared = Buffer.alloc(2000, `${job.n} `);
        const free = () => {
          shared.fill("#");
          freed++;
        };
        const one = await sink.write(job, TARGET, answer([shared.subarray(0, 999), shared.subarray(999)], { free }));
        most = Math.max(most, files().filter((file) => file.endsWith(".part")).length);
        return one;
      }),
    );
    expect(stored).toEqual(jobs.map(({ n }) => ({ bytes: 2000, file: `${String(n).padStart(6, "0")}.html` })));
    for (const { n } of jobs)
      expect(read(`${String(n).padStart(6, "0")}.html`)).toBe(Buffer.alloc(2000, `${n} `).toString());
    expect(freed).toBe(100);
    expect([files().length, most <= 3]).toEqual([100, true]);
  });

  it("with one name from the list: one is saved", async () => {
    const store = storing({ disk: SLOW });
    const stored = await Promise.all(["a", "b", "c", "d", "e"].map((word) => store([text(word)], { name: "x" })));
    const failed = stored.filter((one) => "error" in one);
    expect([stored.length - failed.length, files().length]).toEqual([1, 1]);
    for (const one of failed) expect(one).toMatchObject({ error: "file_exists" });
    const winner = stored.findIndex((one) => !("error" in one));
    expect(read("x")).toBe("abcde"[winner]);
  });

  it("with one name, some written synchronously and some in the pool: one is saved", async () => {
    let quick = false;
    const store = storing({ disk: { isFast: () => quick, record: () => {} } });
    const late = store([text("late")], { n: 1 });
    quick = true;
    const stored = [await store([text("named")], { n: 2, name: "000001.html" }), await late];
    expect(stored.filter((one) => "error" in one)).toMatchObject([{ error: "file_exists" }]);
    expect([files().length, ["late", "named"]]).toEqual([1, expect.arrayContaining([read("000001.html")])]);
  });
});

describe.each(kinds)("a %s body", (_kind, body, to) => {
  const storing = (options?: SinkOptions) => storeInto(folder.path, { ...to, ...options });

  it("becomes a file, and leaves no other file", async () => {
    expect(await storing()(body(text("one "), text("two")))).toStrictEqual({ bytes: 7, file: "000001.html" });
    expect(files()).toEqual(["000001.html"]);
    expect(read("000001.html")).toBe("one two");
  });

  it("that is empty becomes an empty file", async () => {
    expect(await storing()(body())).toStrictEqual({ bytes: 0, file: "000001.html" });
    expect(await storing()(body(text("")), { n: 2 })).toStrictEqual({ bytes: 0, file: "000002.html" });
    expect([read("000001.html"), read("000002.html")]).toEqual(["", ""]);
  });

  it("of many pieces and megabytes keeps every byte", async () => {
    const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc(1 + ((i * 7919) % 20_000), i));
    const whole = Buffer.concat(pieces);
    expect(await storing()(body(...pieces))).toMatchObject({ bytes: whole.length });
    expect(readFileSync(at("000001.html")).equals(whole)).toBe(true);
  });

  it("makes the folders of its name", async () => {
    const store = storing({ template: "{host}/{n}{ext}" });
    expect(await store(body(text("x")))).toStrictEqual({ bytes: 1, file: "example.org/1.html" });
    expect(await store(body(text("y")), { n: 2 })).toStrictEqual({ bytes: 1, file: "example.org/2.html" });
    expect(files()).toEqual(["example.org", "example.org/1.html", "example.org/2.html"]);
  });

  it("has the mode that the umask leaves", async () => {
    for (const [n, umask] of [0o022, 0o077, 0o002].entries()) {
      const before = process.umask(umask);
      try {
        await storing()(body(text("x")), { n });
      } finally {
        process.umask(before);
      }
      expect(statSync(at(`00000${n}.html`)).mode & 0o777).toBe(0o666 & ~umask);
    }
  });

  it("whose name is taken is refused, and the existing file stays", async () => {
    writeFileSync(at("000001.html"), "mine");
    const refused = await storing({ empty: false })(body(text("theirs")));
    expect(refused).toMatchObject({ error: "file_exists", detail: expect.stringContaining("000001.html") });
    expect([files(), read("000001.html")]).toEqual([["000001.html"], "mine"]);
  });

  it("whose name is taken by a folder is refused", async () => {
    mkdirSync(at("000001.html"));
    for (const empty of [true, false]) {
      expect(await storing({ empty })(body(text("x")))).toMatchObject({ error: "file_exists" });
    }
    expect(files()).toEqual(["000001.html"]);
  });

  it("whose folder's name is a file's is refused, and that does not stop the run", async () => {
    const store = storing();
    await store(body(text("one")), { name: "a" });
    expect(await store(body(text("two")), { n: 2, name: "a/b" })).toMatchObject({ error: "file_exists" });
    expect([files(), read("a")]).toEqual([["a"], "one"]);
  });

  it("whose name the list gives twice is saved once", async () => {
    const store = storing();
    expect(await store(body(text("one")), { name: "x.txt" })).toMatchObject({ file: "x.txt" });
    expect(await store(body(text("two")), { n: 2, name: "x.txt" })).toMatchObject({ error: "file_exists" });
    expect(await store(body(text("one")), { n: 7, name: "7" })).toMatchObject({ file: "000007.html" });
    expect(await store(body(text("two")), { n: 7, name: "000007" })).toMatchObject({ error: "file_exists" });
    expect([read("x.txt"), read("000007.html")]).toEqual(["one", "one"]);
  });

  it.each([["000005.html"], ["5"]])(
    "with the name %s from the list is not replaced by the body of line 5",
    async (name) => {
      const store = storing();
      const n = name === "5" ? 5 : 2;
      expect(await store(body(text("named so")), { n, name })).toMatchObject({ file: "000005.html" });
      expect(await store(body(text("line 5")), { n: 5 })).toMatchObject({ error: "file_exists" });
      expect(read("000005.html")).toBe("named so");
    },
  );

  it("whose name is too long in bytes is refused", async () => {
    const store = storing();
    for (const name of ["x".repeat(251), `${"ü".repeat(125)}x`, `sub/${"日".repeat(84)}`]) {
      expect(await store(body(text("x")), { name })).toMatchObject({ error: "name_too_long" });
    }
    expect(files()).toEqual([]);
    const longest = "ü".repeat(125);
    expect(await store(body(text("x")), { name: longest })).toMatchObject({ file: longest });
  });

  it("for a folder that was removed meanwhile ends the run, and does not create it again", async () => {
    const stores = [storing(), storing({ template: "{host}/{n}" })];
    rmSync(folder.path, { recursive: true });
    for (const store of stores) {
      expect(await store(body(text("x")))).toMatchObject({ error: "write_failed" });
      expect(existsSync(folder.path)).toBe(false);
    }
  });

  it("for a state folder that was removed meanwhile ends the run", async () => {
    const store = storing();
    rmSync(at(".bulkget"), { recursive: true });
    expect(await store(body(text("x")))).toMatchObject({ error: "write_failed" });
    expect(files()).toEqual([]);
  });

  it("has its digest in the result where the run or the list requires one", async () => {
    const sha256 = createHash("sha256").update("one two").digest("hex");
    const given = () => body(text("one "), text("two"));
    expect(await storing({ hash: true })(given())).toStrictEqual({ bytes: 7, file: "000001.html", sha256 });
    expect(await storing()(given(), { n: 2, sha256 })).toStrictEqual({ bytes: 7, file: "000002.html", sha256 });
    expect(await storing()(given(), { n: 3 })).toStrictEqual({ bytes: 7, file: "000003.html" });
  });

  it("without the list's digest leaves no file, and replaces none", async () => {
    writeFileSync(at("000001.html"), "old");
    const sha256 = createHash("sha256").update("another").digest("hex");
    const refused = await storing({ empty: false })(body(text("new")), { sha256, replaces: "000001.html" });
    const own = createHash("sha256").update("new").digest("hex");
    expect(refused).toStrictEqual({
      error: "checksum_mismatch",
      detail: `sha256 is ${own}, the list says ${sha256}`,
    });
    expect([files(), read("000001.html")]).toEqual([["000001.html"], "old"]);
  });

  it("can be synced to the disk", async () => {
    const store = storing({ durable: true, template: "{host}/{n}{ext}" });
    expect(await store(body(text("x")))).toStrictEqual({ bytes: 1, file: "example.org/1.html" });
    expect([files(), read("example.org/1.html")]).toEqual([["example.org", "example.org/1.html"], "x"]);
  });

  it("is not started while the disk is full", async () => {
    const noRoom = { error: "disk_full", detail: "5 bytes free" } as const;
    expect(await storing({ checkSpace: () => noRoom })(body(text("x")))).toBe(noRoom);
    expect(files()).toEqual([]);
  });
});

describe.each(kinds)("a %s body of a line that an earlier run has saved", (_kind, body, to) => {
  const storing = (options?: SinkOptions) => storeInto(folder.path, { ...to, ...options });
  const resumed = () => storing({ empty: false });

  it("replaces the line's own file", async () => {
    writeFileSync(at("000001.html"), "old");
    expect(await resumed()(body(text("new")), { replaces: "000001.html" })).toMatchObject({ bytes: 3 });
    expect([files(), read("000001.html")]).toEqual([["000001.html"], "new"]);
  });

  it("removes the line's file of another name after its own is committed", async () => {
    for (const file of ["000001.txt", "000002.txt"]) writeFileSync(at(file), "old");
    expect(await resumed()(body(text("new")), { replaces: "000001.txt" })).toMatchObject({ file: "000001.html" });
    expect(files()).toEqual(["000001.html", "000002.txt"]);
  });

  it("removes no file where its own name is taken by another line's", async () => {
    for (const file of ["000001.txt", "000001.html"]) writeFileSync(at(file), "old");
    expect(await resumed()(body(text("new")), { replaces: "000001.txt" })).toMatchObject({ error: "file_exists" });
    expect([files(), read("000001.html")]).toEqual([["000001.html", "000001.txt"], "old"]);
  });

  it("is saved although its old file is missing", async () => {
    expect(await resumed()(body(text("new")), { replaces: "000001.txt" })).toMatchObject({ file: "000001.html" });
    expect(await resumed()(body(text("new")), { n: 2, replaces: "no/such.txt" })).toMatchObject({ bytes: 3 });
    expect(files()).toEqual(["000001.html", "000002.html"]);
  });

  it("removes no file outside the folder, whatever an earlier record names", async () => {
    const inside = at("out");
    mkdirSync(inside);
    writeFileSync(at("victim"), "mine");
    symlinkSync(folder.path, join(inside, "link"));
    const store = storeInto(inside, { empty: false });
    for (const [i, replaces] of ["../victim", "link/victim", at("victim")].entries()) {
      expect(await store(body(text("x")), { n: i + 1, replaces })).toMatchObject({ bytes: 1 });
    }
    expect(read("victim")).toBe("mine");
  });
});

describe("two lines of one name whose bodies arrive together", () => {
  it.each([
    [{ name: "x.txt" }, { n: 2, name: "x.txt" }],
    [
      { name: "7", n: 7 },
      { n: 7, name: "007", url: "http://example.org/b" },
    ],
    [{}, { n: 2, name: "000001.html" }],
  ])("are saved once, with the bytes of the saved one: %j and %j", async (one, two) => {
    const store = storing();
    let inner: unknown;
    const other = bodyOf([[text("the other")]]);
    const first = bodyOf([[text("one")], [text(", and more")]], undefined, async (index) => {
      if (index === 1) inner = await store(other, two);
    });
    expect(await store(first, { ...JOB, ...one })).toMatchObject({ error: "file_exists" });
    expect(inner).toMatchObject({ bytes: 9 });
    expect(files().map(read)).toEqual(["the other"]);
  });
});
