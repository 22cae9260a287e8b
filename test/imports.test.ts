// Who may import whom, read from the files themselves; and the size and opening that every file keeps to.
import { readdirSync, readFileSync } from "node:fs";
import { posix, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/command.ts";

/** The rooms that know the core, node: and their one package, and not each other. */
const ROOMS = ["http", "source", "sink", "report", "journal", "policy", "workers"];

/** Each package, and the files that are its one door. */
const DOORS: Readonly<Record<string, RegExp>> = {
  "p-limit": /^src\/core\/run\/run\.ts$/,
  "ipaddr.js": /^src\/http\/connect\/addresses\.ts$/,
  "tough-cookie": /^src\/http\/identity\/cookies\.ts$/,
  commander: /^src\/cli\/commander\.ts$/,
  "cli-progress": /^src\/report\/bar\.ts$/,
  "mime-db": /^src\/sink\/directory\/media-types\.ts$/,
};

/** The folders of http/, and which others each may use. */
const HTTP: Readonly<Record<string, readonly string[]>> = {
  connect: [],
  robots: [],
  semantics: ["robots"],
  identity: ["connect", "semantics"],
  h1: ["connect", "semantics"],
  exchange: ["connect", "semantics", "h1"],
  h2: ["connect", "semantics", "h1", "exchange"],
  dispatcher: ["connect", "semantics", "h1", "exchange"],
};

/** What the roots are made with: they may import what those may. */
const WITH_ROOTS = ["app", "options", "library", "resume"];

/** The room of a file: `core`, `http` …; `root` for those that lie in src itself; `bin`. */
function roomOf(file: string): string {
  const [top = "", room = "", ...more] = file.split("/");
  if (top === "bin") return "bin";
  return more.length === 0 ? "root" : room;
}

/** Why a file may not import this, or undefined where it may. */
function objection(file: string, specifier: string): string | undefined {
  const from = roomOf(file);
  if (specifier.startsWith("node:")) return from === "core" ? "the core asks no system for anything" : undefined;
  if (!specifier.startsWith(".")) {
    const name = specifier.split("/", 1)[0] ?? "";
    const door = Object.hasOwn(DOORS, name) ? DOORS[name] : undefined;
    if (door === undefined) return "a package without a door";
    return door.test(file) ? undefined : `${name} comes in by another door`;
  }
  if (!/\.(ts|json)$/.test(specifier)) return "an import ends in .ts";
  const target = posix.join(posix.dirname(file), specifier);
  if (from === "bin" && target.startsWith("bin/")) return undefined;
  if (!target.startsWith("src/")) return "outside src";
  const to = roomOf(target);
  if (to === "cli") return from === "bin" || from === "cli" ? undefined : "nobody imports the command";
  if (from === "core") return to === "core" ? undefined : "the core imports itself";
  if (from === "fs") return to === "fs" || to === "core" ? undefined : "what only knows files knows no room";
  if (to === "fs") return undefined;
  if (from === "http" && to === "http") return objectionWithinHttp(file, target);
  if (ROOMS.includes(from)) return to === from || to === "core" ? undefined : "rooms do not import each other";
  return undefined;
}

function objectionWithinHttp(file: string, target: string): string | undefined {
  const [from, to] = [file, target].map((path) => posix.dirname(path).split("/")[2]);
  if (from === undefined || from === to) return undefined; // what lies in http/ itself puts its folders together
  if (to === undefined) return "a folder of http/ does not know what puts it to use";
  return HTTP[from]?.includes(to) ? undefined : `${from} does not need ${to}`;
}

/** What a file imports, re-exports, requires or loads, types included. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const ways = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*|\bcreateRequire\([^)]*\)\s*\(\s*)["'`]([^"'`]+)["'`]/g;
  return [...code.matchAll(ways)].map(([, name = ""]) => name);
}

/** How many places of a file look like an import: a way to write one that `importsOf` does not know would stand out. */
function lookLikeImports(text: string): number {
  const places =
    /^\s*import\b(?!\.meta)|\bimport\(|^export (type )?[{*][^;]* from |[rR]equire\((?!import\.meta\.url\);)/gm;
  return text.replace(/^\s*\/\/.*$/gm, "").match(places)?.length ?? 0;
}

const files = ["bin", "src"].flatMap((top) =>
  readdirSync(`${ROOT}/${top}`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${top}/${file.split(sep).join("/")}`),
);
const textOf = (file: string) => readFileSync(`${ROOT}/${file}`, "utf8");

describe("imports", () => {
  it.each(files)("%s imports only what it may", (file) => {
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
    // Without cycles, files whose imports are all gone can be taken away until none is left.
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

  it("are found at all: the rooms, the packages and the command's own file", () => {
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
    ["src/http/semantics/evaluate.ts", "../exchange/reply.ts"],
    ["src/http/exchange/exchange.ts", "../dispatcher/dispatcher-connections.ts"],
    ["src/http/dispatcher/dispatcher-connections.ts", "undici"],
  ])("of %s would not include %s", (file, specifier) => {
    expect(objection(file, specifier)).toEqual(expect.any(String));
  });
});

describe("every file", () => {
  it.each(files)("%s opens with what it is for, and has at most 250 lines", (file) => {
    const lines = textOf(file).trimEnd().split("\n");
    const [first = ""] = lines.filter((line) => !line.startsWith("#!"));
    expect(first).toMatch(/^\/\/ [A-Z\S].{10,}\.$/);
    expect(lines.length).toBeLessThanOrEqual(250);
  });

  it("of the command itself has at most 10 lines", () => {
    expect(textOf("bin/bulkget.ts").trimEnd().split("\n").length).toBeLessThanOrEqual(10);
  });
});
