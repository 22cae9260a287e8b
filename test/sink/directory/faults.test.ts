// Faults while a body is written: no part is left, and no existing file is touched.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../../src/core/ports.ts";
import type { DiskLatency } from "../../../src/sink/files/disk-latency.ts";
import { own, ownFolder } from "../../support/own.ts";
import { noTmpfs, tmpfs } from "../../support/process/tmpfs.ts";
import { bodyOf, filesIn, pouredOf, storeInto, text } from "../bodies.ts";

const outside = ownFolder();
let folder: string;
beforeEach(() => {
  folder = outside.at("out");
  mkdirSync(folder);
});

describe("a streamed body", () => {
  it("has no final name before it is complete", async () => {
    const seen: string[][] = [];
    const body = bodyOf([[text("a")], [text("b")]], undefined, () => seen.push(filesIn(folder)));
    await storeInto(folder)(body);
    expect(seen).toEqual(Array.from({ length: 3 }, () => [".bulkget/1.part"]));
    expect(filesIn(folder)).toEqual(["000001.html"]);
  });

  it("that ends in a failure returns that failure, and leaves no file", async () => {
    const failure = { error: "truncated", detail: "cut short" } as const;
    expect(await storeInto(folder)(bodyOf([[text("a")]], failure))).toBe(failure);
    expect(await storeInto(folder)(bodyOf([], failure))).toBe(failure);
    expect(filesIn(folder)).toEqual([]);
  });

  it.each([
    ["taken", "x"],
    ["too long", "x".repeat(251)],
    ["longer than any path may be", "sub/".repeat(2000)],
  ])("is cancelled, not read, if its name is %s", async (_what, name) => {
    writeFileSync(join(folder, "x"), "mine");
    const body = bodyOf([[text("a")]], undefined, () => expect.unreachable("nobody wants it"));
    const error = name === "x" ? "file_exists" : "name_too_long";
    expect(await storeInto(folder)(body, { name })).toMatchObject({ error });
    expect(body.cancelled()).toBe(1);
    expect(filesIn(folder)).toEqual(["x"]);
  });

  it("is cancelled, not read, while the disk is full, and when it becomes full", async () => {
    const noRoom = { error: "disk_full", detail: "5 bytes free" } as const;
    const unread = bodyOf([[text("a")]], undefined, () => expect.unreachable("nobody wants it"));
    expect(await storeInto(folder, { checkSpace: () => noRoom })(unread)).toBe(noRoom);
    const asked: number[] = [];
    const full = (bytes: number) => (asked.push(bytes) === 3 ? noRoom : undefined);
    const cut = bodyOf([[text("a"), text("b")], [text("c")], [text("d")]]);
    expect(await storeInto(folder, { checkSpace: full })(cut)).toBe(noRoom);
    expect([unread.cancelled(), cut.cancelled(), asked]).toEqual([1, 1, [0, 2, 1]]);
    expect(filesIn(folder)).toEqual([]);
  });

  it("that is poured is cancelled when the disk becomes full", async () => {
    const noRoom = { error: "disk_full", detail: "5 bytes free" } as const;
    const asked: number[] = [];
    const full = (bytes: number) => (asked.push(bytes) === 3 ? noRoom : undefined);
    const cut = pouredOf([text("ab"), text("c"), text("d")]);
    expect(await storeInto(folder, { checkSpace: full })(cut)).toBe(noRoom);
    expect([cut.cancelled(), asked]).toEqual([1, [0, 2, 1]]);
    expect(filesIn(folder)).toEqual([]);
  });
});

describe.each([
  ["whole", (): Answer["body"] => [text("theirs")]],
  ["streamed", (): Answer["body"] => bodyOf([[text("theirs")]])],
])("a planted link, and a %s body:", (_kind, body) => {
  const victims = () => [outside.at("victim"), outside.at("nowhere")];
  const untouched = () => {
    expect(readFileSync(outside.at("victim"), "utf8")).toBe("mine");
    expect(existsSync(outside.at("nowhere"))).toBe(false);
  };
  beforeEach(() => writeFileSync(outside.at("victim"), "mine"));

  it("a link at its final name is neither followed nor replaced", async () => {
    const name = join(folder, "000001.html");
    const replaceable = { spans: [{ fromMs: 0, beforeMs: Date.now() + 60_000 }], recorded: () => false };
    for (const target of victims()) {
      rmSync(name, { force: true });
      symlinkSync(target, name);
      for (const force of [{}, { replaceable }]) {
        const store = storeInto(folder, { empty: false, ...force });
        expect(await store(body(), { replaces: "000001.html" })).toMatchObject({ error: "file_exists" });
        expect(readlinkSync(name)).toBe(target);
        expect(filesIn(folder)).toEqual(["000001.html"]);
      }
    }
    untouched();
  });

  it.each(["before the run", "during the run"])(
    "a link at the path of its part, made %s, is not followed",
    async (when) => {
      const link = join(folder, ".bulkget", "1.part");
      mkdirSync(join(folder, ".bulkget"));
      for (const target of victims()) {
        if (when === "before the run") symlinkSync(target, link);
        const store = storeInto(folder, { template: `${target === victims()[0] ? "a" : "b"}{n}` });
        if (when === "during the run") symlinkSync(target, link);
        expect(await store(body())).toMatchObject({ bytes: 6 });
        rmSync(link, { force: true });
      }
      expect(filesIn(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")])).toEqual([
        ["a1", "theirs"],
        ["b1", "theirs"],
      ]);
      expect(filesIn(folder).some((file) => lstatSync(join(folder, file)).isSymbolicLink())).toBe(false);
      untouched();
    },
  );
});

if (noTmpfs !== undefined) console.warn(`SKIPPED: a disk that fills up: it cannot be mounted: ${noTmpfs}`);

describe.skipIf(noTmpfs !== undefined)("a disk that fills up", () => {
  const big = Buffer.alloc(600_000, "x");

  it.each([
    ["whole", () => [big, big, big]],
    ["whole, in one piece", () => [Buffer.concat([big, big])]],
    ["streamed", () => bodyOf([[big], [big, big], [big]])],
    ["streamed to its very end", () => bodyOf([[big], [big]])],
    ["poured", () => pouredOf([big, big, big, big])],
    ["whole, and written late,", () => [big, big, big], { isFast: () => false, record: () => {} }],
  ])("while a %s body is written ends the run, and leaves no part", async (_kind, body, disk?: DiskLatency) => {
    const full = outside.at("disk");
    own(tmpfs(full, "1m"));
    const given = body();
    expect(await storeInto(full, disk === undefined ? {} : { disk })(given)).toMatchObject({ error: "disk_full" });
    if ("cancelled" in given) expect(given.cancelled()).toBe(1);
    expect(filesIn(full)).toEqual([]);
    expect(await storeInto(full)([big])).toMatchObject({ bytes: 600_000 });
  });
});
