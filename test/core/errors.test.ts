// The errors of the library: one family, stable codes, and messages for a program or for the command line.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FLAG_WORDING } from "../../src/cli/command-line/command-line.ts";
import {
  BulkgetError,
  ERROR_CODES,
  FolderError,
  JournalError,
  ListError,
  LockedError,
  messageFor,
  OptionError,
  useAnotherFolder,
  type Wording,
} from "../../src/core/errors.ts";
import { OPTIONS } from "../../src/options/table.ts";
import { ROOT } from "../support/command.ts";

const FLAGS: Wording = {
  option: (name) => `--${name}`,
  subject: (name) => `--${name} <value>`,
  listFrom: (command) => `${command} | bulkget -`,
};

describe("an error of the library", () => {
  it.each([
    [new BulkgetError("ERR_BULKGET_DISK", "m"), "BulkgetError", "ERR_BULKGET_DISK"],
    [new OptionError("m"), "OptionError", "ERR_BULKGET_OPTION"],
    [new ListError("m"), "ListError", "ERR_BULKGET_LIST"],
    [new FolderError("usage", "m"), "FolderError", "ERR_BULKGET_FOLDER"],
    [new FolderError("disk", "m"), "FolderError", "ERR_BULKGET_DISK"],
    [new FolderError("usage", "m", { code: "ERR_BULKGET_OTHER_LIST" }), "FolderError", "ERR_BULKGET_OTHER_LIST"],
    [new JournalError("m"), "JournalError", "ERR_BULKGET_JOURNAL"],
    [new LockedError("m"), "LockedError", "ERR_BULKGET_LOCKED"],
  ] as const)("is a BulkgetError with a name of its own and a code: %s", (error, name, code) => {
    expect(error).toBeInstanceOf(BulkgetError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code, message: "m" });
    expect(Object.keys(ERROR_CODES)).toContain(code);
    expect(String(error)).toBe(`${name}: m`);
    expect(Object.keys(error)).not.toContain("name");
  });

  it("names options by their names for a program, and by their flags for the command", () => {
    const error = new OptionError(({ option }) => `does not go with ${option("cert")}`, "proxy");
    expect(error.message).toBe("proxy: does not go with `cert`");
    expect(error.option).toBe("proxy");
    expect(messageFor(error, FLAGS)).toBe("--proxy <value>: does not go with --cert");
    expect(messageFor(new LockedError(useAnotherFolder), FLAGS)).toBe("use another folder (--outputDir)");
    const list = new ListError(({ listFrom }) => `xz (${listFrom("xz -dc a.xz")})`);
    expect([list.message, messageFor(list, FLAGS)]).toEqual([
      "xz (xz -dc a.xz > new-list.txt)",
      "xz (xz -dc a.xz | bulkget -)",
    ]);
  });

  it("has no password in its message, and keeps its cause", () => {
    const cause = new Error("the reason");
    const error = new FolderError("disk", () => "http://me:geheim@host/ is there", { cause });
    expect(error.message).toBe("http://me:***@host/ is there");
    expect(messageFor(error, FLAGS)).toBe("http://me:***@host/ is there");
    expect(error.cause).toBe(cause);
  });
});

it("each code of an error is in the table of docs/library.md", () => {
  const page = readFileSync(`${ROOT}/docs/library.md`, "utf8");
  const rows = [...page.matchAll(/^\| `(ERR_BULKGET_\w+)` \| `\w+Error`/gm)].map(([, code]) => code);
  expect(rows).toEqual(Object.keys(ERROR_CODES));
});

describe("the messages for a program", () => {
  /** What only the command has, or prints: notes, its summary, its tune, listings in pages; and where the library points to it. */
  const COMMAND = /^(cli|report|options\/rows|source\/pages)\/|^options\/row\.ts$/;
  /** Lines that no program sees: notes, and a refusal that `allowEmpty` takes away. */
  const NOT_SEEN = [
    /for good \(--retry-failed tries/,
    /skipped \(--retry-failed tries/,
    /; --prune removes \$/,
    /--allow-empty/,
    /xz --format=lzma/,
  ];
  const files = readdirSync(`${ROOT}/src`, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const code = new Map(
    files.map((file) => {
      const text = readFileSync(`${ROOT}/src/${file}`, "utf8");
      return [file, text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, "")] as const;
    }),
  );
  const help = readFileSync(`${ROOT}/fixtures/golden/help.txt`, "utf8");
  const flags = [...new Set(help.match(/(?<=^ {2}|, )--[a-z][a-z0-9-]+/gm))];

  it("contain no flags of the command", () => {
    expect(flags).toEqual(expect.arrayContaining(["--output-dir", "--force", "--max-time", "--deadline"]));
    const flag = new RegExp(`(?:${flags.join("|")})(?![\\w-])|\\(-[a-zA-Z]\\)`);
    const lines = [...code].flatMap(([file, text]) =>
      COMMAND.test(file) ? [] : text.split("\n").map((line) => `${file}: ${line.trim()}`),
    );
    const found = lines.filter((line) => flag.test(line) && !NOT_SEEN.some((one) => one.test(line)));
    expect(found).toEqual([]);
  });

  it("mention only options that exist", () => {
    const text = [...code.values()].join("\n");
    const mentioned = [...text.matchAll(/\boption\("(\w+)"\)/g)].map(([, name = ""]) => name);
    expect(mentioned).toContain("outputDir");
    expect(mentioned.filter((name) => !Object.hasOwn(OPTIONS, name))).toEqual([]);
    // The command has no dispatcher.
    const flagged = [...mentioned, "noCookies", "ca"].filter((name) => name !== "dispatcher");
    for (const name of flagged)
      expect([name, FLAG_WORDING.option(name)]).toEqual([name, expect.stringMatching(/^--?[a-z]/i)]);
  });
});
