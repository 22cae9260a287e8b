// The output folder is created, refused, tidied, or cleared of the files that an earlier run recorded.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderError } from "../../../src/core/errors.ts";
import { LAYOUT, layoutOf } from "../../../src/core/layout.ts";
import { ownPaths } from "../../../src/fs/own-paths.ts";
import {
  makeFolder,
  prepareFolder,
  removeIfEmpty,
  removeState,
  shortestPath,
} from "../../../src/sink/folder/output-folder.ts";
import { startOver } from "../../../src/sink/folder/start-over.ts";
import { ownFolder } from "../../support/own.ts";

const outside = ownFolder();
let folder: string;
beforeEach(() => {
  folder = outside.at("out");
});

const files = () => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

/** Writes files below the output folder, and makes their folders. */
function put(...names: string[]) {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `the content of ${name}`);
  }
}

function journal(...lines: (object | string)[]) {
  const text = lines.map((line) => (typeof line === "string" ? line : `${JSON.stringify(line)}\n`)).join("");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "results.jsonl"), text);
}

const record = (n: number, file?: unknown) => ({ n, url: "http://a/", outcome: "saved", file });

function refused(path: string): FolderError {
  try {
    prepareFolder(path);
  } catch (error) {
    if (error instanceof FolderError) return error;
    throw error;
  }
  return expect.unreachable(`${path} is a folder now`);
}

describe("an output folder", () => {
  it("is created with the folders above it and its state folder", () => {
    folder = join(folder, "deep", "down");
    const state = join(folder, ".bulkget");
    expect(prepareFolder(folder)).toEqual({ state, empty: true, earlier: false });
    expect(files()).toEqual([".bulkget"]);
  });

  it("is empty if it holds only the state folder", () => {
    put(".bulkget/1.part");
    expect(prepareFolder(folder)).toMatchObject({ empty: true, earlier: false });
    expect(files()).toEqual([".bulkget", ".bulkget/1.part"]);
  });

  it("that holds files but no journal is used as it is", () => {
    put("000001.html", "notes/mine.txt");
    expect(prepareFolder(folder)).toMatchObject({ empty: false, earlier: false });
    expect(files()).toEqual([".bulkget", "000001.html", "notes", "notes/mine.txt"]);
  });

  it("with a journal is reported as an earlier run's, and left as it is", () => {
    put("000001.html");
    journal(record(1, "000001.html"));
    expect(prepareFolder(folder)).toMatchObject({ empty: false, earlier: true });
    expect(files()).toEqual([".bulkget", "000001.html", "results.jsonl"]);
  });

  it("with a file in its place is refused, and named", () => {
    put("file", "busy/.bulkget");
    for (const name of ["file", "file/sub", "busy"]) {
      const path = join(folder, name);
      const { kind, message } = refused(path);
      expect([kind, message]).toEqual(["usage", expect.stringContaining(`${path}: the output folder cannot be made`)]);
    }
  });

  it("in the place of which there is a dangling or circular link is refused, with the link's target", () => {
    mkdirSync(folder);
    symlinkSync("gone", join(folder, "dangling"));
    symlinkSync("ring", join(folder, "ring"));
    for (const [name, link, target] of [
      ["dangling", "dangling", "gone"],
      ["dangling/below", "dangling", "gone"],
      ["ring", "ring", "ring"],
    ]) {
      const path = join(folder, name ?? "");
      const { kind, message } = refused(path);
      expect(kind, message).toBe("usage");
      expect(message).toBe(
        `${path}: the output folder cannot be made: ${join(folder, link ?? "")} is a link to ${target}, which is no folder; use another folder (\`outputDir\`)`,
      );
    }
    expect(existsSync(join(folder, "gone"))).toBe(false);
  });

  it("whose state folder is a link is refused", () => {
    mkdirSync(folder);
    symlinkSync(outside.path, join(folder, ".bulkget"));
    expect(refused(folder)).toMatchObject({ kind: "usage", message: expect.stringContaining(".bulkget is a link") });
  });

  it("that the file system cannot create is a disk error", () => {
    expect(refused(join(folder, "x".repeat(300))).kind).toBe("disk");
  });
});

it("a link to a folder can be the output folder", () => {
  symlinkSync(outside.path, folder);
  expect(() => makeFolder(folder)).not.toThrow();
  expect(prepareFolder(folder).earlier).toBe(false);
});

describe("the shortest path to a folder", () => {
  const before = process.cwd();
  let here: string;
  beforeEach(() => {
    for (const path of ["here/below/deep", "beside"]) mkdirSync(join(folder, path), { recursive: true });
    process.chdir(join(folder, "here"));
    here = process.cwd();
  });
  afterEach(() => process.chdir(before));

  it.each([".", "below", "below/deep", "../beside"])(
    "begins in the working directory where that is shorter: %s",
    (way) => {
      expect(shortestPath(join(here, way))).toBe(way);
    },
  );

  it.each(["/", "/tmp", "below", "../beside", "."])(
    "is the given path where the relative one is not shorter: %s",
    (way) => {
      expect(shortestPath(way)).toBe(way);
    },
  );

  it("is the given path where the relative one leads elsewhere or nowhere", () => {
    symlinkSync(join(here, "below/deep"), join(here, "link"));
    expect(shortestPath(`${here}/link/../../below`)).toBe(`${here}/link/../../below`);
    expect(shortestPath(join(here, "absent"))).toBe(join(here, "absent"));
    rmSync(here, { recursive: true });
    mkdirSync(here); // of the same name, and another one
    expect(shortestPath(here)).toBe(here);
  });
});

describe("the state folder after a run", () => {
  it("is removed if it is empty, and may be missing", () => {
    const { state } = prepareFolder(folder);
    writeFileSync(join(state, "1.part"), "kept");
    removeIfEmpty(state);
    expect(files()).toEqual([".bulkget", ".bulkget/1.part"]);
    rmSync(join(state, "1.part"));
    removeIfEmpty(state);
    expect(files()).toEqual([]);
    removeIfEmpty(state);
  });

  it("of a shard is removed with the folder above it, unless another shard is there", () => {
    const [one, other] = [layoutOf({ index: 1, count: 2 }), layoutOf({ index: 2, count: 2 })];
    expect(prepareFolder(folder, one)).toEqual({
      state: join(folder, ".bulkget/1-of-2"),
      empty: false,
      earlier: false,
    });
    prepareFolder(folder, other);
    removeState(folder, one);
    expect(files()).toEqual([".bulkget", ".bulkget/2-of-2"]);
    removeState(folder, other);
    expect(files()).toEqual([]);
  });

  it("of a shard is not made through a link, at any place of its path", () => {
    mkdirSync(outside.at("elsewhere"));
    for (const link of [".bulkget", ".bulkget/1-of-2"]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(dirname(join(folder, link)), { recursive: true });
      symlinkSync(outside.at("elsewhere"), join(folder, link));
      expect(() => prepareFolder(folder, layoutOf({ index: 1, count: 2 }))).toThrow(`${link} is a link`);
      expect(readdirSync(outside.at("elsewhere"))).toEqual([]);
    }
  });
});

describe("--force", () => {
  it("removes the recorded files and the run's reports, and nothing else", async () => {
    put("000001.html", "sub/000002.html", "mine.txt", "sub/mine.txt", "failed.txt", "000003.html");
    journal(
      record(1, "000001.html"),
      record(2, "sub/000002.html"),
      { n: 3, url: "http://a/", outcome: "failed", error: "truncated" },
      record(4, "gone.html"),
    );
    await startOver(ownPaths(folder, LAYOUT), []);
    expect(files()).toEqual(["000003.html", "mine.txt", "sub", "sub/mine.txt"]);
  });

  it("leaves an empty folder that held only the run", async () => {
    put("000001.html", "failed.txt");
    journal(record(1, "000001.html"));
    await startOver(ownPaths(folder, LAYOUT), []);
    expect(files()).toEqual([]);
  });

  it("accepts an incomplete last record, and lines that are not records", async () => {
    put("000001.html", "000002.html");
    journal(record(1, "000001.html"), "not json\n", "\n", "null\n", '"a"\n', '{"n":2,"file":"000002.h');
    await startOver(ownPaths(folder, LAYOUT), []);
    expect(files()).toEqual(["000002.html"]);
  });

  it("removes no folder and no link, whatever the journal names", async () => {
    put("dir/mine.txt");
    symlinkSync("nowhere", join(folder, "link"));
    journal(...["dir", "dir/", ".", "", "link", 42, null, ["dir/mine.txt"]].map((file, n) => record(n, file)));
    await startOver(ownPaths(folder, LAYOUT), []);
    expect(files()).toEqual(["dir", "dir/mine.txt", "link"]);
  });

  it("removes no file outside the folder, whatever the journal names", async () => {
    const victim = outside.at("victim");
    writeFileSync(victim, "mine");
    const ways = ["../victim", "./../victim", "sub/../../victim", victim, `/${victim}`, "..", "../out/../victim"];
    journal(...ways.map((file, n) => record(n, file)));
    await startOver(ownPaths(folder, LAYOUT), []);
    expect(existsSync(victim)).toBe(true);
  });

  it("removes no file that a run does not save: hidden, its lock, or with `..` in its path", async () => {
    put(".bulkget/lock", ".hidden", "sub/mine.txt", "mine.txt");
    const ways = [".bulkget/lock", ".hidden", "sub/../mine.txt", "./mine.txt", "sub//mine.txt", "results.jsonl"];
    journal(...ways.map((file, n) => record(n, file)));
    await startOver(ownPaths(folder, LAYOUT), []);
    expect(files()).toEqual([".bulkget", ".bulkget/lock", ".hidden", "mine.txt", "sub", "sub/mine.txt"]);
  });

  it("removes the files of records with U+2028 and other line separators", async () => {
    put("000001.html", "000002.html", "000003.html");
    const odd = { name: "a\u2028b\u2029c\u0085d", outcome: "saved" };
    journal({ ...odd, n: 1, file: "000001.html" }, record(2, "000002.html"), { ...odd, n: 3, file: "000003.html" });
    await startOver(ownPaths(folder, LAYOUT), []);
    expect(files()).toEqual([]);
  });

  it("ignores a line longer than any record, and one cut inside a character", async () => {
    put("000001.html", "000002.html", "000003.html");
    const long = `${JSON.stringify({ n: 9, url: "\u65e5".repeat(6_000_000) })}\n`;
    journal(
      record(1, "000001.html"),
      long,
      record(2, "000002.html"),
      `{"url":"${"\u65e5".repeat(40_000)}","file":"000003.html"}\n`,
    );
    await startOver(ownPaths(folder, LAYOUT), []);
    expect(files()).toEqual([]);
  });

  it("follows no link in the place of the journal, and does not block on a pipe", async () => {
    put("000001.html", "mine.txt");
    const elsewhere = outside.at("journal");
    writeFileSync(elsewhere, `${JSON.stringify(record(1, "000001.html"))}\n`);
    const path = join(folder, "results.jsonl");
    for (const plant of [() => symlinkSync(elsewhere, path), () => spawnSync("mkfifo", [path])]) {
      plant();
      await expect(startOver(ownPaths(folder, LAYOUT), [])).rejects.toMatchObject({ kind: "disk" });
      expect(files()).toEqual(["000001.html", "mine.txt", "results.jsonl"]);
      rmSync(path);
    }
  });

  it("removes no file outside the folder through a link in it", async () => {
    const victim = outside.at("victim");
    writeFileSync(victim, "mine");
    journal(record(1, "link/victim"));
    symlinkSync(outside.path, join(folder, "link"));
    await startOver(ownPaths(folder, LAYOUT), []);
    expect(existsSync(victim)).toBe(true);
  });

  it("is refused, with the folder's name, if the journal cannot be read", async () => {
    mkdirSync(join(folder, "results.jsonl"), { recursive: true });
    await expect(startOver(ownPaths(folder, LAYOUT), [])).rejects.toMatchObject({
      kind: "disk",
      message: expect.stringContaining(`${folder}: the earlier run cannot be removed`),
    });
  });

  it("removes nothing if a list of this run lies in the folder, or is a link into it", async () => {
    put("000001.html", "failed.txt");
    journal(record(1, "000001.html"));
    const elsewhere = outside.at("urls.txt");
    const link = outside.at("link.txt");
    writeFileSync(elsewhere, "http://a/");
    symlinkSync(join(folder, "failed.txt"), link);
    for (const list of [join(folder, "failed.txt"), link]) {
      await expect(startOver(ownPaths(folder, LAYOUT), [elsewhere, list])).rejects.toMatchObject({
        kind: "usage",
        message: expect.stringContaining(`${list}: lies in ${folder}`),
      });
    }
    expect(files()).toEqual(["000001.html", "failed.txt", "results.jsonl"]);
    await startOver(ownPaths(folder, LAYOUT), [elsewhere, join(folder, "no such list")]);
    expect(files()).toEqual([]);
  });
});
