// V8's optimizing compiler is delayed for short lists, in the command and in its worker processes.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { delayOptimizing, isShort } from "../../src/cli/optimizer-budget.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();

function list(name: string, bytes: number): string {
  const path = join(folder.path, name);
  writeFileSync(path, "x".repeat(bytes));
  return path;
}

describe("the delay of the optimizing compiler", () => {
  it.each([
    ["one URL", () => [list("a", 40)], false],
    ["2,000 lines", () => [list("b", 80_000)], true],
    ["two short lists", () => [list("c", 40), list("d", 80_000)], true],
    ["two lists that are long together", () => [list("e", 200_000), list("f", 200_000)], false],
    ["20,000 lines", () => [list("g", 800_000)], false],
    ["a compressed list, which may be long", () => [list("h.gz", 80_000)], false],
    ["a sitemap index, which may be long", () => [list("i.XML", 80_000)], false],
    ["stdin", () => ["-"], false],
    ["no list", () => [], false],
    ["a list that is missing", () => [list("j", 80_000), join(folder.path, "missing")], false],
    ["a folder", () => [folder.path], false],
    ["a path that no system has", () => ["a\0b"], false],
  ])("is for %s", (_, lists, expected) => {
    expect(isShort(lists())).toBe(expected);
  });

  it("is passed on to worker processes once, on a Node whose V8 has the flag, and only for short lists", () => {
    const before = [...process.execArgv];
    onTestFinished(() => void process.execArgv.splice(0, process.execArgv.length, ...before));
    const short = [list("b", 80_000)];
    delayOptimizing(short, "12.4.254.21-node.33");
    delayOptimizing([list("a", 40)]);
    expect(process.execArgv).toEqual(before);
    delayOptimizing(short);
    delayOptimizing(short);
    const flags = process.versions.v8.startsWith("11.") ? ["--interrupt-budget=300000"] : [];
    expect(process.execArgv).toEqual([...before, ...flags]);
  });
});
