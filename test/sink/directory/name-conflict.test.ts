// A name goes to its own line or to the first one, and never replaces an unknown file.
import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { conflictCheck, type Recoverable, type Replaceable } from "../../../src/sink/directory/name-conflict.ts";
import { ownFolder } from "../../support/own.ts";
import { JOB } from "../bodies.ts";

const folder = ownFolder();

const at = (file: string) => folder.at(file);
const put = (file: string) => writeFileSync(at(file), "there");
const claimed = (file: string, replaceable?: Replaceable, replaces?: string, unique = false) =>
  conflictCheck(replaceable, unique)({ ...JOB, ...(replaces === undefined ? {} : { replaces }) }, at(file), file);
const WAYS = "move it away and retry what failed for good, or use another folder";
const TAKEN = { error: "file_exists", detail: `a is there already, and not this line's: ${WAYS}` };

/** Time spans, the last of which contains the file's change, ends with it, or begins with it. */
function span(file: string, from: number, before: number, recorded = false): Replaceable {
  const { ctimeMs } = lstatSync(at(file));
  const spans = [
    { fromMs: 0, beforeMs: 1 },
    { fromMs: ctimeMs + from, beforeMs: ctimeMs + before },
  ];
  return { spans, recorded: (name) => recorded && name === file };
}

it("a free name has no conflict", () => {
  expect(claimed("a")).toBeUndefined();
  expect(claimed("sub/a")).toBeUndefined();
});

it("an existing file is a conflict, unless the line itself has saved it", () => {
  put("a");
  expect(claimed("a")).toEqual(TAKEN);
  expect(claimed("a", undefined, "b")).toEqual(TAKEN);
  expect(claimed("a", undefined, "a")).toBeUndefined();
});

it("a file from the span of a killed run may be replaced, unless it is recorded", () => {
  put("a");
  expect(claimed("a", span("a", 0, 1))).toBeUndefined();
  expect(claimed("a", span("a", 0, 1, true))).toEqual(TAKEN);
  expect(claimed("a", span("a", 0, 1, true), "a")).toBeUndefined();
});

it("a name that no other line can have is not looked up in the records", () => {
  put("a");
  expect(claimed("a", span("a", 0, 1, true), undefined, true)).toBeUndefined();
  expect(claimed("a", span("a", 1, 2, true), undefined, true)).toEqual(TAKEN);
});

it("a file from before or after the span of a killed run is a conflict", () => {
  put("a");
  expect(claimed("a", span("a", 1, 2))).toEqual(TAKEN);
  expect(claimed("a", span("a", -1, 0))).toEqual(TAKEN);
});

it("a file from before the run may be the line's own, unless it is recorded for another one", () => {
  put("a");
  const { ctimeMs } = lstatSync(at("a"));
  const lost = (startMs: number, isRecorded: boolean): Recoverable => ({ startMs, recorded: () => isRecorded });
  const asked = (unique: boolean, which: Recoverable) => conflictCheck(undefined, unique, which)(JOB, at("a"), "a");
  expect(asked(false, lost(ctimeMs, false))).toEqual({ ownBytes: 5 });
  expect(asked(false, lost(ctimeMs - 1, false))).toEqual(TAKEN);
  expect(asked(false, lost(ctimeMs, true))).toEqual(TAKEN);
  expect(asked(true, lost(ctimeMs, true))).toEqual({ ownBytes: 5 });
});

it("a link or a folder is never replaced, even if a record names it", () => {
  const ever = { spans: [{ fromMs: 0, beforeMs: Number.POSITIVE_INFINITY }], recorded: () => false };
  symlinkSync("nowhere", at("link"));
  mkdirSync(at("folder"));
  put("file");
  symlinkSync("file", at("to a file"));
  for (const name of ["link", "folder", "to a file"]) {
    expect(claimed(name, ever, name)).toMatchObject({ error: "file_exists" });
  }
  expect(claimed("file", ever)).toBeUndefined();
});

it("a name below a file is a conflict, which does not end the run", () => {
  put("a");
  expect(claimed("a/b")).toMatchObject({ error: "file_exists" });
});

it("a name below a link is a conflict, wherever the link leads, even for the line that saved it there", () => {
  const ever = { spans: [{ fromMs: 0, beforeMs: Number.POSITIVE_INFINITY }], recorded: () => false };
  mkdirSync(at("real/deep"), { recursive: true });
  symlinkSync("real", at("inside"));
  symlinkSync("..", at("outside"));
  symlinkSync("nowhere", at("dangling"));
  symlinkSync("../inside", at("real/deep/back"));
  put("real/a");
  for (const [above, name] of [
    ["inside", "inside/a"],
    ["inside", "inside/deep/b"],
    ["outside", "outside/b"],
    ["dangling", "dangling/b"],
    ["real/deep/back", "real/deep/back/a"],
  ] as const) {
    expect(claimed(name, ever, name)).toEqual({
      error: "file_exists",
      detail: `${above} is there already, and no folder: ${WAYS}`,
    });
  }
  expect(claimed("real/deep/b")).toBeUndefined();
  expect(claimed("real/a", ever)).toBeUndefined();
});

it("a name whose lstat fails returns the file system's error", () => {
  expect(claimed("x".repeat(300))).toMatchObject({ error: "name_too_long" });
});
