// The mark of a run that may have saved what it did not record: left by a kill, taken away when nothing is left to be done.
import { existsSync, lstatSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { since } from "../../src/sink/since.ts";
import { type Folder, temporaryFolder } from "../support/command.ts";

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());
const at = (file: string) => join(folder.path, file);

it("a run after one that ended well has nothing to replace", () => {
  since(folder.path).end(false);
  const second = since(folder.path);
  expect(second.unrecorded).toBeUndefined();
  second.end(true);
  expect(existsSync(at("since"))).toBe(false);
});

it("a run after one that was killed may replace what was saved from its beginning to now", () => {
  since(folder.path); // and no end
  utimesSync(at("since"), 100, 100);
  writeFileSync(at("file"), "saved, not recorded");
  const { mtimeMs } = lstatSync(at("file"));
  const { unrecorded, startMs } = since(folder.path);
  expect(unrecorded).toEqual({ fromMs: 100_000, beforeMs: startMs });
  expect(startMs).toBeGreaterThanOrEqual(mtimeMs);
});

it("the beginning of the first that was killed counts until a run has left nothing to be done", () => {
  since(folder.path);
  utimesSync(at("since"), 100, 100);
  since(folder.path); // killed, too
  expect(since(folder.path).unrecorded?.fromMs).toBe(100_000);
  since(folder.path).end(false); // stopped in good order: what the first one left may still be there
  const last = since(folder.path);
  expect(last.unrecorded?.fromMs).toBe(100_000);
  last.end(true);
  expect(since(folder.path).unrecorded).toBeUndefined();
});

it("a link in its place is no mark, and is not followed", () => {
  writeFileSync(at("mine"), "mine");
  symlinkSync(at("mine"), at("since"));
  expect(since(folder.path).unrecorded).toBeUndefined();
  expect(lstatSync(at("since")).isFile()).toBe(true);
  expect(lstatSync(at("mine")).size).toBe(4);
});
