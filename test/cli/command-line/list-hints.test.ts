// Hints for words of the command line that are no lists.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mistakenList } from "../../../src/cli/command-line/list-hints.ts";
import { ownFolder } from "../../support/own.ts";

const own = ownFolder();
const folder = (name: string) => own.at(name);

describe("a list that is most likely a mistake", () => {
  it.each([
    ["tuen", "bulkget tune"],
    ["completions", "bulkget completion"],
    ["hlep", "bulkget help"],
  ])("is the misspelt subcommand %s", (word, meant) => {
    expect(mistakenList([word, "x"])).toBe(`there is no file ${word}; did you mean ${meant}?`);
  });

  it("is a folder beside a list", () => {
    mkdirSync(folder("out"));
    writeFileSync(folder("urls.txt"), "");
    const refusal = `${folder("out")}/: the list cannot be read: it is a folder`;
    expect(mistakenList([folder("urls.txt"), `${folder("out")}/`])).toBe(
      `${refusal}; to save into it: -o ${folder("out")}`,
    );
  });

  it("is the folder of an earlier run with failures", () => {
    mkdirSync(folder("run"));
    writeFileSync(join(folder("run"), "failed.txt"), "");
    expect(mistakenList([folder("run")])).toContain(`bulkget ${folder("run")}/failed.txt -o ${folder("run")}`);
  });

  it("is shown without a command that a shell would read in another way", () => {
    mkdirSync(folder("two words"));
    expect(mistakenList([folder("two words")])).toBe(`${folder("two words")}: the list cannot be read: it is a folder`);
  });
});

const LONG_URL = `https://example.org/${"x".repeat(5000)}`;

it.each([["tune.txt"], ["nofile"], ["-"], ["./tuen"], [LONG_URL], ["x".repeat(300)], ["file\0"]])(
  "%s is no such mistake",
  (path) => {
    expect(mistakenList([path])).toBeUndefined();
  },
);
