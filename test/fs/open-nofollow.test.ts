// Files are opened without following links, without blocking on pipes, and not where a hard link shares their content.
import { spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import {
  checked,
  createNew,
  createToAppend,
  isSingleLinkFile,
  openOrCreateToAppend,
  openToAppend,
  openToRead,
  openToUpdate,
} from "../../src/fs/open-nofollow.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();

describe.skipIf(process.platform === "win32")("a link in the place of a file", () => {
  it.each([
    ["openToRead", openToRead],
    ["openToUpdate", openToUpdate],
    ["openToAppend", openToAppend],
    ["openOrCreateToAppend", openOrCreateToAppend],
    ["createNew", createNew],
    ["createToAppend", createToAppend],
  ])("is refused by %s, and its target stays as it is", (_name, open) => {
    writeFileSync(folder.at("target"), "mine");
    symlinkSync("target", folder.at("link"));
    symlinkSync("nowhere", folder.at("dangling"));
    expect(() => open(folder.at("link"))).toThrow(/ELOOP|EEXIST/);
    expect(() => open(folder.at("dangling"))).toThrow(/ELOOP|EEXIST/);
    expect(readFileSync(folder.at("target"), "utf8")).toBe("mine");
    expect(existsSync(folder.at("nowhere"))).toBe(false);
  });
});

describe("opening to append", () => {
  it("writes at the end of a new or an existing file", () => {
    for (const open of [openOrCreateToAppend, openToAppend, openOrCreateToAppend]) {
      const fd = open(folder.at("log"));
      writeSync(fd, "x");
      closeSync(fd);
    }
    expect(readFileSync(folder.at("log"), "utf8")).toBe("xxx");
  });
});

it.skipIf(process.platform === "win32")("a pipe without a writer is opened at once, and is no regular file", () => {
  spawnSync("mkfifo", [folder.at("pipe")]);
  if (!existsSync(folder.at("pipe"))) return;
  const refuse = () =>
    checked(openToRead(folder.at("pipe")), (stats) => {
      if (!isSingleLinkFile(stats)) throw new Error("refused");
    });
  expect(refuse).toThrow("refused");
});

it("a file with a second hard link is not a single-link file", () => {
  writeFileSync(folder.at("a"), "");
  expect(isSingleLinkFile(lstatSync(folder.at("a")))).toBe(true);
  linkSync(folder.at("a"), folder.at("b"));
  expect(isSingleLinkFile(lstatSync(folder.at("a")))).toBe(false);
});
