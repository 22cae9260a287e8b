// Which files of the package are loaded: two for a usual run, and a part for the options and folders that need it.

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, ROOT, shell } from "../../support/command.ts";
import { ownFolder, ownSite } from "../../support/own.ts";

const folder = ownFolder();
const site = ownSite();

/** Names of the parts, in the files that load them. */
const PARTS = new Set(
  ["core", "main"]
    .map((name) => readFileSync(join(ROOT, `dist/bin/${name}.cjs`), "utf8"))
    .flatMap((code) =>
      [...code.matchAll(/_loaded \?\?= require\("\.\/([\w-]+)\.cjs"\)/g)].map(([, name = ""]) => name),
    ),
);

/** Writes to stderr, at the end of the process, which files of the package were loaded. */
const AT_EXIT = `process.once("exit", () => {
  const { basename, sep } = require("node:path");
  const files = Object.keys(require.cache).filter((file) => file.includes(sep + "dist" + sep));
  require("node:fs").writeSync(2, "loaded " + files.map((file) => basename(file, ".cjs")).sort().join(" ") + "\\n");
});`;

async function loadedBy(args: string): Promise<string | undefined> {
  const hook = folder.at("at-exit.cjs");
  writeFileSync(hook, AT_EXIT);
  folder.list([site.url("/1.txt"), site.url("/2.txt")]);
  const ran = await shell(`"${process.execPath}" -r "${hook}" "${BIN}" urls.txt ${args}`, { cwd: folder.path });
  return /^loaded (.*\bbulkget\b.*)$/m.exec(ran.stderr)?.[1]; // workers write such a line as well
}

describe("the files of the package that a command loads are", () => {
  it("the launcher and two more for a list that is new", async () => {
    expect(await loadedBy("--progress plain")).toBe("bulkget core main");
    expect(PARTS.size).toBeGreaterThan(0);
  });

  it.each([
    ["-c auto", "auto"],
    ["--robots", "robots"],
    ["--http2", "http2"],
    ["--format warc", "archives"],
    ["--workers 2", "workers"],
    ["--dedupe", "resume"],
    ["--dry-run", "dry-run"],
    ["--force", "archives listings"],
    ["--outpt out", "refusals"],
  ])("one part more for %s: %s", async (args, parts) => {
    const loaded = ["bulkget", "core", "main", ...parts.split(" ")].sort().join(" ");
    expect(await loadedBy(args)).toBe(loaded);
  });

  it("that of earlier runs for a folder that has one", async () => {
    await loadedBy("");
    expect(await loadedBy("")).toBe("bulkget core main resume");
  });
});

it.each([...PARTS])("the part %s can be the first one that is loaded", async (name) => {
  const file = join(ROOT, `dist/bin/${name}.cjs`);
  const ran = await shell(`"${process.execPath}" -e 'require(process.argv[1])' "${file}"`, { cwd: folder.path });
  expect({ file: basename(file), ...ran }).toMatchObject({ code: 0, stderr: "" });
});
