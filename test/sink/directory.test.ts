// The folder's sink: bodies become files, whole or not at all, under names that nobody else has.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Failure } from "../../src/core/failure.ts";
import type { Job } from "../../src/core/job.ts";
import type { Answer, Stored } from "../../src/core/ports.ts";
import { directory } from "../../src/sink/directory.ts";
import { names } from "../../src/sink/names.ts";
import { type Folder, temporaryFolder } from "../support/command.ts";
import { answer, bodyOf, JOB, TARGET } from "./bodies.ts";

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const text = (content: string): Uint8Array => Buffer.from(content);
const at = (file: string) => join(folder.path, file);
const files = () => readdirSync(folder.path, { recursive: true, encoding: "utf8" }).sort();
const read = (file: string) => readFileSync(at(file), "utf8");

/** A sink, and a function that stores one body with it. */
function sinkFor({
  template = "{n:6}{ext}",
  empty = true,
  replaceBeforeMs,
}: {
  template?: string;
  empty?: boolean;
  replaceBeforeMs?: number;
} = {}) {
  const more = replaceBeforeMs === undefined ? {} : { replaceBeforeMs };
  const sink = directory({ folder: folder.path, names: names(template), empty, ...more });
  return async (body: Answer["body"], over: Partial<Job> = {}): Promise<Stored | Failure> =>
    sink.write({ ...JOB, ...over }, TARGET, answer(body));
}

const kinds: [kind: string, body: (...pieces: Uint8Array[]) => Answer["body"]][] = [
  ["whole", (...pieces) => pieces],
  ["streamed", (...pieces) => bodyOf(pieces.map((piece) => [piece, new Uint8Array(0)]))],
];

describe.each(kinds)("a %s body", (_kind, body) => {
  it("becomes a file, and nothing else is left", async () => {
    expect(await sinkFor()(body(text("one "), text("two")))).toStrictEqual({ bytes: 7, file: "000001.html" });
    expect(files()).toEqual(["000001.html"]);
    expect(read("000001.html")).toBe("one two");
  });

  it("that is empty becomes an empty file", async () => {
    expect(await sinkFor()(body())).toStrictEqual({ bytes: 0, file: "000001.html" });
    expect(await sinkFor()(body(text("")), { n: 2 })).toStrictEqual({ bytes: 0, file: "000002.html" });
    expect([read("000001.html"), read("000002.html")]).toEqual(["", ""]);
  });

  it("of many pieces and megabytes keeps every byte", async () => {
    const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc(1 + ((i * 7919) % 20_000), i));
    const whole = Buffer.concat(pieces);
    expect(await sinkFor()(body(...pieces))).toMatchObject({ bytes: whole.length });
    expect(readFileSync(at("000001.html")).equals(whole)).toBe(true);
  });

  it("makes the folders of its name", async () => {
    const store = sinkFor({ template: "{host}/{n}{ext}" });
    expect(await store(body(text("x")))).toStrictEqual({ bytes: 1, file: "example.org/1.html" });
    expect(await store(body(text("y")), { n: 2 })).toStrictEqual({ bytes: 1, file: "example.org/2.html" });
    expect(files()).toEqual(["example.org", "example.org/1.html", "example.org/2.html"]);
  });

  it("has the mode that the umask leaves", async () => {
    for (const [n, umask] of [0o022, 0o077, 0o002].entries()) {
      const before = process.umask(umask);
      try {
        await sinkFor()(body(text("x")), { n });
      } finally {
        process.umask(before);
      }
      expect(statSync(at(`00000${n}.html`)).mode & 0o777).toBe(0o666 & ~umask);
    }
  });

  it("whose name is taken is refused, and what is there stays", async () => {
    writeFileSync(at("000001.html"), "mine");
    const refused = await sinkFor({ empty: false })(body(text("theirs")));
    expect(refused).toMatchObject({ error: "file_exists", detail: expect.stringContaining("000001.html") });
    expect([files(), read("000001.html")]).toEqual([["000001.html"], "mine"]);
  });

  it("whose name is taken by a folder is refused", async () => {
    mkdirSync(at("000001.html"));
    for (const empty of [true, false]) {
      expect(await sinkFor({ empty })(body(text("x")))).toMatchObject({ error: "file_exists" });
    }
    expect(files()).toEqual(["000001.html"]);
  });

  it("whose folder's name is a file's is refused, and that does not stop the run", async () => {
    const store = sinkFor();
    await store(body(text("one")), { name: "a" });
    expect(await store(body(text("two")), { n: 2, name: "a/b" })).toMatchObject({ error: "file_exists" });
    expect([files(), read("a")]).toEqual([["a"], "one"]);
  });

  it("whose name the list gives twice is saved once", async () => {
    const store = sinkFor();
    expect(await store(body(text("one")), { name: "x.txt" })).toMatchObject({ file: "x.txt" });
    expect(await store(body(text("two")), { n: 2, name: "x.txt" })).toMatchObject({ error: "file_exists" });
    expect(await store(body(text("one")), { n: 7, name: "7" })).toMatchObject({ file: "000007.html" });
    expect(await store(body(text("two")), { n: 7, name: "000007" })).toMatchObject({ error: "file_exists" });
    expect([read("x.txt"), read("000007.html")]).toEqual(["one", "one"]);
  });

  it.each([["000005.html"], ["5"]])("that the list names %s is not replaced by line 5's own", async (name) => {
    const store = sinkFor();
    const n = name === "5" ? 5 : 2;
    expect(await store(body(text("named so")), { n, name })).toMatchObject({ file: "000005.html" });
    expect(await store(body(text("line 5")), { n: 5 })).toMatchObject({ error: "file_exists" });
    expect(read("000005.html")).toBe("named so");
  });

  it("whose name is too long is refused, in bytes, with room for what it is called on the way", async () => {
    const store = sinkFor();
    for (const name of ["x".repeat(251), `${"ü".repeat(125)}x`, `sub/${"日".repeat(84)}`]) {
      expect(await store(body(text("x")), { name })).toMatchObject({ error: "name_too_long" });
    }
    expect(files()).toEqual([]);
    const longest = "ü".repeat(125);
    expect(await store(body(text("x")), { name: longest })).toMatchObject({ file: longest });
  });

  it("for a folder that was removed meanwhile is a fatal failure, and does not make it anew", async () => {
    const stores = [sinkFor(), sinkFor({ template: "{host}/{n}" })];
    rmSync(folder.path, { recursive: true });
    for (const store of stores) {
      expect(await store(body(text("x")))).toMatchObject({ error: "write_failed" });
      expect(existsSync(folder.path)).toBe(false);
    }
  });
});

describe("a second run with --force", () => {
  it("replaces what was there before it began, and nothing of its own", async () => {
    for (const file of ["000001.html", "000001.html.part"]) writeFileSync(at(file), "old");
    const store = sinkFor({ empty: false, replaceBeforeMs: Date.now() + 60_000 });
    expect(await store([text("new")])).toMatchObject({ bytes: 3 });
    expect([files(), read("000001.html")]).toEqual([["000001.html"], "new"]);
    const late = sinkFor({ empty: false, replaceBeforeMs: Date.now() - 60_000 });
    expect(await late([text("newer")])).toMatchObject({ error: "file_exists" });
  });
});
