// A body counts as stored only if it is a regular file inside the folder, of its recorded length, reached without links.
import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { isSavedFile, isStillThere } from "../../src/fs/location.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();
const LENGTH = 5;

beforeEach(() => {
  writeFileSync(folder.at("a"), "12345");
  mkdirSync(folder.at("sub"));
  writeFileSync(folder.at("sub/a"), "12345");
  mkdirSync(folder.at("folder"));
  symlinkSync("a", folder.at("link"));
  symlinkSync("sub", folder.at("way"));
});

it("a regular file in the folder, or in a folder of it, is a saved file and is still there", () => {
  for (const file of ["a", "sub/a"]) {
    expect(isSavedFile(folder.path, file)).toBe(true);
    expect(isStillThere(folder.path, { file, bytes: LENGTH })).toBe(true);
  }
});

it("a file of another length, or of an unknown one, is not still there", () => {
  expect(isStillThere(folder.path, { file: "a", bytes: LENGTH - 1 })).toBe(false);
  expect(isStillThere(folder.path, { file: "a", bytes: undefined })).toBe(false);
});

it("a link, a file behind a link, a folder and a missing file are neither saved files nor still there", () => {
  const sizes = [LENGTH, lstatSync(folder.at("folder")).size, lstatSync(folder.at("link")).size];
  for (const file of ["link", "way/a", "folder", "missing", "a/b"]) {
    expect(isSavedFile(folder.path, file), file).toBe(false);
    for (const bytes of sizes) expect(isStillThere(folder.path, { file, bytes }), file).toBe(false);
  }
});

it("a name that no body can have is neither a saved file nor still there", () => {
  writeFileSync(folder.at("results.jsonl"), "12345");
  const outside = `../${folder.path.split("/").at(-1)}/a`;
  for (const file of ["../a", outside, folder.at("a"), "/etc/passwd", "results.jsonl", "", "sub/../a"]) {
    expect(isSavedFile(folder.path, file), file).toBe(false);
    expect(isStillThere(folder.path, { file, bytes: LENGTH }), file).toBe(false);
  }
});

it("a body at an offset is still there if the file reaches to its end", () => {
  expect(isStillThere(folder.path, { file: "a", offset: 2, bytes: 3 })).toBe(true);
  expect(isStillThere(folder.path, { file: "a", offset: 0, bytes: 3 })).toBe(true);
  expect(isStillThere(folder.path, { file: "a", offset: 3, bytes: 3 })).toBe(false);
  expect(isStillThere(folder.path, { file: "a", offset: 2, bytes: undefined })).toBe(false);
});
