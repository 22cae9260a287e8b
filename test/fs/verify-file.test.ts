// A saved file counts only as a regular file inside the folder, with the recorded length, and behind no link.
import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { beforeEach, expect, it } from "vitest";
import { isSavedFile, isWholeFile } from "../../src/fs/verify-file.ts";
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

it("a regular file in the folder, or in a folder of it, is a saved file", () => {
  for (const file of ["a", "sub/a"]) {
    expect(isSavedFile(folder.path, file)).toBe(true);
    expect(isWholeFile(folder.path, file, LENGTH)).toBe(true);
  }
});

it("a file of another length, or of an unknown one, is not whole", () => {
  expect(isWholeFile(folder.path, "a", LENGTH - 1)).toBe(false);
  expect(isWholeFile(folder.path, "a", undefined)).toBe(false);
});

it("a link, a file behind a link, a folder and a missing file are neither saved nor whole", () => {
  const sizes = [LENGTH, lstatSync(folder.at("folder")).size, lstatSync(folder.at("link")).size];
  for (const file of ["link", "way/a", "folder", "missing", "a/b"]) {
    expect(isSavedFile(folder.path, file), file).toBe(false);
    for (const bytes of sizes) expect(isWholeFile(folder.path, file, bytes), file).toBe(false);
  }
});

it("a name that no body can have is not a saved file", () => {
  writeFileSync(folder.at("results.jsonl"), "");
  for (const file of ["../a", "/etc/passwd", "results.jsonl", "", "sub/../a"])
    expect(isSavedFile(folder.path, file), file).toBe(false);
});
