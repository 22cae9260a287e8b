// Every source file imports only what its room may, has at most 250 lines, opens with one sentence, and forms no cycle.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/command.ts";

/** Rooms that may import core, fs, node: and their own package, but not each other. */
const ROOMS = ["http", "source", "sink", "store", "report", "journal", "policy", "workers", "queue"];

/** The one file that may import each package. */
const DOORS: Readonly<Record<string, RegExp>> = {
  "p-limit": /^src\/core\/run\/slots\.ts$/,
  "ipaddr.js": /^src\/http\/connect\/dns\/addresses\.ts$/,
  "tough-cookie": /^src\/http\/identity\/cookies\.ts$/,
  commander: /^src\/cli\/command-line\/commander\.ts$/,
  "d3-scale": /^src\/report\/page\/axes\.ts$/,
  "cli-progress": /^src\/report\/progress\/bar\.ts$/,
  fzstd: /^src\/source\/formats\/parquet\.ts$/,
  hyparquet: /^src\/source\/formats\/parquet\.ts$/,
  "hyparquet-writer": /^src\/report\/parquet\/write-parquet\.ts$/,
  saxes: /^src\/source\/formats\/xml-parser\.ts$/,
  bullmq: /^src\/queue\/bullmq\.ts$/,
  ioredis: /^src\/queue\/redis\.ts$/,
  "mime-db": /^src\/sink\/names\/media-types\.ts$/,
};

/** The folders of rooms, each with the folders of its room that it may import. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  "http/connect/dns": [],
  "http/connect": ["http/connect/dns"],
  "http/robots": [],
  "http/semantics": ["http/robots"],
  "http/identity": ["http/connect", "http/semantics"],
  "http/wire": ["http/semantics"],
  "http/h1": ["http/connect", "http/semantics", "http/wire"],
  "http/exchange": ["http/connect", "http/connect/dns", "http/semantics", "http/h1"],
  "http/h2": ["http/connect", "http/semantics", "http/h1", "http/exchange"],
  "http/dispatcher": ["http/connect", "http/semantics", "http/h1", "http/exchange"],
  "sink/files": [],
  "sink/names": [],
  "sink/folder": [],
  "sink/directory": ["sink/files", "sink/names", "sink/folder"],
  "sink/container": ["sink/files", "sink/names", "sink/directory"],
  "sink/warc": ["sink/container", "sink/warc/gzip", "sink/warc/records"],
  "sink/warc/gzip": [],
  "sink/warc/records": ["sink/container", "sink/warc/gzip"],
  "sink/object": ["sink/files", "sink/names", "sink/directory"],
  "store/credentials": ["store"],
  "journal/tables": [],
  "journal/reading": ["journal/tables"],
  "journal/writing": [],
  "journal/verifying": ["journal/tables", "journal/reading"],
};

/** The rooms of these folders. */
const FOLDED = new Set(Object.keys(FOLDERS).map((folder) => folder.split("/", 1)[0]));

/** Rooms that may import all rooms except cli. */
const WITH_ROOTS = ["app", "options", "library", "resume"];

/** The room of a file: `core`, `http` …; `root` for files directly in src; `bin`. */
function roomOf(file: string): string {
  const [top = "", room = "", ...more] = file.split("/");
  if (top === "bin") return "bin";
  return more.length === 0 ? "root" : room;
}

/** The reason why a file may not import a module; undefined if it may. */
function objection(file: string, specifier: string): string | undefined {
  const from = roomOf(file);
  if (specifier.startsWith("node:")) return from === "core" ? "core does no I/O" : undefined;
  if (!specifier.startsWith(".")) {
    const name = specifier.split("/", 1)[0] ?? "";
    const door = Object.hasOwn(DOORS, name) ? DOORS[name] : undefined;
    if (door === undefined) return "this package is not allowed";
    return door.test(file) ? undefined : `another file imports ${name}`;
  }
  if (!/\.(ts|json)$/.test(specifier)) return "an import ends in .ts";
  const target = posix.join(posix.dirname(file), specifier);
  if (from === "bin" && target.startsWith("bin/")) return undefined;
  if (!target.startsWith("src/")) return "outside src";
  const to = roomOf(target);
  if (to === "cli") return from === "bin" || from === "cli" ? undefined : "only bin/ imports cli/";
  if (from === "core") return to === "core" ? undefined : "core imports only core";
  if (from === "fs") return to === "fs" || to === "core" ? undefined : "fs imports only core and fs";
  if (to === "fs") return undefined;
  if (from === to && FOLDED.has(from)) return objectionWithinRoom(file, target);
  if (ROOMS.includes(from)) return to === from || to === "core" ? undefined : "rooms do not import each other";
  return undefined;
}

/** A file directly in a room may import all folders of the room; a folder imports none above it. */
function objectionWithinRoom(file: string, target: string): string | undefined {
  const [from, to] = [file, target].map((path) => posix.dirname(path).replace("src/", ""));
  if (from === undefined || to === undefined || from === to || !from.includes("/")) return undefined;
  return FOLDERS[from]?.includes(to) ? undefined : `${from}/ may not import ${to}/`;
}

/** All modules that a file imports, re-exports, requires or loads, including types. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const ways = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*|\bcreateRequire\([^)]*\)\s*\(\s*)["'`]([^"'`]+)["'`]/g;
  return [...code.matchAll(ways)].map(([, name = ""]) => name);
}

/** Number of places that look like an import, to reveal forms of imports that `importsOf` does not recognise. */
function lookLikeImports(text: string): number {
  const places =
    /^\s*import\b(?!\.meta)|\bimport\(|^export (type )?[{*][^;]* from |[rR]equire\((?!import\.meta\.url\);)/gm;
  return text.replace(/^\s*\/\/.*$/gm, "").match(places)?.length ?? 0;
}

const files = ["bin", "src"].flatMap(filesIn);

function filesIn(top: string): string[] {
  return readdirSync(`${ROOT}/${top}`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${top}/${file.split(sep).join("/")}`);
}

const textOf = (file: string) => readFileSync(`${ROOT}/${file}`, "utf8");

describe("imports", () => {
  it.each(files)("of %s are allowed for its room", (file) => {
    const imports = importsOf(textOf(file));
    expect(imports).toHaveLength(lookLikeImports(textOf(file)));
    const objections = imports
      .map((name) => [name, objection(file, name)])
      .filter(([, reason]) => reason !== undefined);
    expect(objections).toEqual([]);
  });

  it("form no cycle, types included", () => {
    const graph = new Map(
      files.map((file) => [
        file,
        importsOf(textOf(file))
          .filter((name) => name.startsWith("."))
          .map((name) => posix.join(posix.dirname(file), name)),
      ]),
    );
    // Removes files without imports among the rest repeatedly: in a graph without cycles, none is left.
    for (let removed = 1; removed > 0; ) {
      removed = 0;
      for (const [file, imports] of graph) {
        if (imports.some((name) => graph.has(name))) continue;
        graph.delete(file);
        removed++;
      }
    }
    expect([...graph.keys()]).toEqual([]);
  });

  it("that tests make of built files are of files that are built", () => {
    const tests = readdirSync(`${ROOT}/test`, { recursive: true, encoding: "utf8" }).filter((file) =>
      file.endsWith(".ts"),
    );
    const built = tests.flatMap((file) => [
      ...textOf(`test/${file}`).matchAll(/"dist\/((?:src|test)\/[\w./-]+)\.js"/g),
    ]);
    expect(built.length).toBeGreaterThan(10);
    expect(built.map(([, name]) => `${name}.ts`).filter((file) => !existsSync(`${ROOT}/${file}`))).toEqual([]);
  });

  it("are found in all rooms, of all packages, and in the command's own file", () => {
    expect(new Set(files.map(roomOf))).toEqual(new Set(["bin", "root", "core", "fs", "cli", ...ROOMS, ...WITH_ROOTS]));
    const all = files.flatMap((file) => importsOf(textOf(file)));
    for (const name of [...Object.keys(DOORS), "node:fs"])
      expect(all.some((one) => one.split("/", 1)[0] === name)).toBe(true);
    expect(importsOf(textOf("bin/main.ts"))).toEqual(["../src/app/exit-process.ts", "../src/cli/main.ts"]);
  });

  it.each([
    ["src/core/run/run.ts", "node:fs"],
    ["src/core/run/tally.ts", "p-limit"],
    ["src/core/run/run.ts", "../../http/get.ts"],
    ["src/core/run/run.ts", "../../app/download.ts"],
    ["src/sink/directory/directory.ts", "../../http/get.ts"],
    ["src/fs/append-file.ts", "../sink/memory.ts"],
    ["src/report/plain.ts", "../sink/memory.ts"],
    ["src/source/lists.ts", "../app/download.ts"],
    ["src/policy/fail-on.ts", "../cli/units.ts"],
    ["src/app/download.ts", "../cli/command-line.ts"],
    ["src/index.ts", "undici"],
    ["src/sink/directory/directory.ts", "undici/lib/x.js"],
    ["src/cli/main.ts", "commander"],
    ["src/report/plain.ts", "cli-progress"],
    ["src/http/get.ts", "left-pad"],
    ["src/http/get.ts", "./open"],
    ["src/http/get.ts", "../../test/support/get.ts"],
    ["src/http/exchange/exchange.ts", "../get.ts"],
    ["src/http/connect/connector.ts", "../exchange/exchange.ts"],
    ["src/http/h1/connection.ts", "../exchange/exchange.ts"],
    ["src/http/h1/connection-pool.ts", "../h2/pool.ts"],
    ["src/http/wire/wire-log.ts", "../h1/connection.ts"],
    ["src/http/connect/dns/resolve.ts", "../connector.ts"],
    ["src/sink/files/commit.ts", "../directory/strategy.ts"],
    ["src/sink/warc/warc.ts", "../memory.ts"],
    ["src/journal/tables/bit-set.ts", "../history.ts"],
    ["src/journal/writing/writer.ts", "../reading/parse-record.ts"],
    ["src/http/semantics/evaluate.ts", "../exchange/reply.ts"],
    ["src/http/exchange/exchange.ts", "../dispatcher/dispatcher-connections.ts"],
    ["src/http/dispatcher/dispatcher-connections.ts", "undici"],
  ])("of %s may not include %s", (file, specifier) => {
    expect(objection(file, specifier)).toEqual(expect.any(String));
  });
});

describe("source files:", () => {
  it("are at most 16 in a folder, tests and benchmarks included", () => {
    const counts = new Map<string, number>();
    for (const file of [...files, ...filesIn("test")])
      counts.set(posix.dirname(file), (counts.get(posix.dirname(file)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > 16)).toEqual([]);
  });

  it.each(files)("%s opens with one sentence, and has at most 250 lines", (file) => {
    const lines = textOf(file).trimEnd().split("\n");
    const [first = ""] = lines.filter((line) => !line.startsWith("#!"));
    expect(first).toMatch(/^\/\/ [A-Z\S].{10,}\.$/);
    expect(lines.length).toBeLessThanOrEqual(250);
  });

  it("none calls URL.canParse, which is wrong in Node 20 and 22 (core/url/to-url.ts)", () => {
    expect(files.filter((file) => /URL\.canParse\(/.test(textOf(file)))).toEqual([]);
  });

  it("bin/bulkget.ts has at most 12 lines", () => {
    expect(textOf("bin/bulkget.ts").trimEnd().split("\n").length).toBeLessThanOrEqual(12);
  });
});
