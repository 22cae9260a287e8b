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

/** Modules of Node that a run without TLS, names, compression, pipes and workers does not need. */
const LATE = ["child_process", "dns", "http", "internal/fs/streams", "tls", "worker_threads", "zlib"];

/** Writes to stderr, at the end of the process, which files of the package were loaded, and which of these modules. */
const AT_EXIT = `process.once("exit", () => {
  const { basename, sep } = require("node:path");
  const files = Object.keys(require.cache).filter((file) => file.includes(sep + "dist" + sep));
  const modules = ${JSON.stringify(LATE)}.filter((name) => process.moduleLoadList.includes("NativeModule " + name));
  const write = (what, names) => require("node:fs").writeSync(2, [what, ...names].join(" ") + "\\n");
  write("loaded", files.map((file) => basename(file, ".cjs")).sort());
  write("late", modules);
});`;

/** The files that were loaded, and the modules. */
async function loadedBy(
  args: string,
): Promise<{ readonly files?: string | undefined; readonly late?: string | undefined }> {
  const hook = folder.at("at-exit.cjs");
  writeFileSync(hook, AT_EXIT);
  folder.list([site.url("/1.txt"), site.url("/2.txt")]);
  const ran = await shell(`"${process.execPath}" -r "${hook}" "${BIN}" urls.txt ${args}`, { cwd: folder.path });
  // Workers write such lines as well.
  const [, files, late] = /^loaded (.*\bbulkget\b.*)\nlate(.*)$/m.exec(ran.stderr) ?? [];
  return { files, late };
}

describe("the files of the package that a command loads are", () => {
  it("the launcher and two more for a list that is new", async () => {
    expect(await loadedBy("--progress plain")).toEqual({ files: "bulkget core main", late: "" });
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
    expect((await loadedBy(args)).files).toBe(loaded);
  });

  it("that of earlier runs for a folder that has one", async () => {
    await loadedBy("");
    expect((await loadedBy("")).files).toBe("bulkget core main resume");
  });
});

it.each([...PARTS])("the part %s can be the first one that is loaded", async (name) => {
  const file = join(ROOT, `dist/bin/${name}.cjs`);
  const ran = await shell(`"${process.execPath}" -e 'require(process.argv[1])' "${file}"`, { cwd: folder.path });
  expect({ file: basename(file), ...ran }).toMatchObject({ code: 0, stderr: "" });
});
