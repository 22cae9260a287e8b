// The output folder before a run: made, refused, or cleared of what an earlier run recorded and of nothing else.
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderError, prepareFolder } from "../../src/sink/folder.ts";
import { type Folder, temporaryFolder } from "../support/command.ts";

let outside: Folder;
let folder: string;
beforeEach(() => {
  outside = temporaryFolder();
  folder = join(outside.path, "out");
});
afterEach(() => outside.remove());

const files = () => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

/** Writes files, and folders on the way, below the output folder. */
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

async function refusal(force: boolean, path = folder): Promise<FolderError> {
  const error: unknown = await prepareFolder(path, force).catch((reason: unknown) => reason);
  if (!(error instanceof FolderError)) return expect.unreachable(`no FolderError, but ${String(error)}`);
  return error;
}

describe("a folder", () => {
  it("is made where it is missing, with those above it", async () => {
    folder = join(folder, "deep", "down");
    expect(await prepareFolder(folder, false)).toEqual({ empty: true });
    expect(files()).toEqual([]);
  });

  it("that holds something, but no run, is used as it is", async () => {
    put("000001.html", "notes/mine.txt");
    for (const force of [false, true]) expect(await prepareFolder(folder, force)).toEqual({ empty: false });
    expect(files()).toEqual(["000001.html", "notes", "notes/mine.txt"]);
  });

  it("that holds a run is refused, untouched, with the ways out", async () => {
    put("000001.html");
    journal(record(1, "000001.html"));
    const { kind, message } = await refusal(false);
    expect(kind).toBe("usage");
    expect(message).toContain(`${folder}: holds an earlier run (results.jsonl)`);
    expect(message).toContain("use another folder (-o), or --force to start over");
    expect(files()).toEqual(["000001.html", "results.jsonl"]);
  });

  it("that cannot be one because a file is in the way is refused, and named", async () => {
    put("file");
    for (const path of [join(folder, "file"), join(folder, "file", "sub")]) {
      const { kind, message } = await refusal(false, path);
      expect([kind, message]).toEqual(["usage", expect.stringContaining(`${path}: the output folder cannot be made`)]);
    }
  });

  it("that the system does not give is the disk's fault", async () => {
    expect((await refusal(false, join(folder, "x".repeat(300)))).kind).toBe("disk");
  });

  it("whose journal cannot be read is refused with its name", async () => {
    mkdirSync(join(folder, "results.jsonl"), { recursive: true });
    expect((await refusal(true)).message).toContain(folder);
  });
});

describe("--force", () => {
  it("removes the files that the run recorded, its reports, and nothing else", async () => {
    put("000001.html", "sub/000002.html", "mine.txt", "sub/mine.txt", "failed.txt", "000003.html");
    journal(
      record(1, "000001.html"),
      record(2, "sub/000002.html"),
      { n: 3, url: "http://a/", outcome: "failed", error: "truncated" },
      record(4, "gone.html"),
    );
    expect(await prepareFolder(folder, true)).toEqual({ empty: false });
    expect(files()).toEqual(["000003.html", "mine.txt", "sub", "sub/mine.txt"]);
  });

  it("leaves an empty folder where the run was all there was", async () => {
    put("000001.html", "failed.txt");
    journal(record(1, "000001.html"));
    expect(await prepareFolder(folder, true)).toEqual({ empty: true });
  });

  it("takes a last record that is torn, and lines that are none", async () => {
    put("000001.html", "000002.html");
    journal(record(1, "000001.html"), "not json\n", "\n", "null\n", '"a"\n', '{"n":2,"file":"000002.h');
    await prepareFolder(folder, true);
    expect(files()).toEqual(["000002.html"]);
  });

  it("removes no folder and no link, whatever the journal says", async () => {
    put("dir/mine.txt");
    symlinkSync("nowhere", join(folder, "link"));
    journal(...["dir", "dir/", ".", "", "link", 42, null, ["dir/mine.txt"]].map((file, n) => record(n, file)));
    await prepareFolder(folder, true);
    expect(files()).toEqual(["dir", "dir/mine.txt", "link"]);
  });

  it("removes nothing outside the folder, whatever the journal says", async () => {
    const victim = join(outside.path, "victim");
    writeFileSync(victim, "mine");
    const ways = ["../victim", "./../victim", "sub/../../victim", victim, `/${victim}`, "..", "../out/../victim"];
    journal(...ways.map((file, n) => record(n, file)));
    await prepareFolder(folder, true);
    expect(existsSync(victim)).toBe(true);
  });

  it("removes nothing outside the folder through a link in it", async () => {
    const victim = join(outside.path, "victim");
    writeFileSync(victim, "mine");
    journal(record(1, "link/victim"));
    symlinkSync(outside.path, join(folder, "link"));
    await prepareFolder(folder, true);
    expect(existsSync(victim)).toBe(true);
  });
});
