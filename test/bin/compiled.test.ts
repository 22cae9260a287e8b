// The code that V8 made of a bundle is used for that very bundle, and for nothing else.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { keep, run } from "../../bin/compiled.ts";
import { ROOT } from "../support/command.ts";
import { ownFolder } from "../support/own.ts";

const folder = ownFolder();
let file: string;
const said: unknown[] = [];

beforeEach(() => {
  file = folder.at("bundle.cjs");
  said.length = 0;
  Object.assign(globalThis, { said });
});

it("runs a file as CommonJS, without any code as well", () => {
  writeFileSync(file, 'said.push(require("node:path").basename(__filename), module.exports === exports);');
  run(file);
  expect(said).toEqual(["bundle.cjs", true]);
});

it("is not run again by a file that wants something of it", () => {
  const other = folder.at("other.cjs");
  writeFileSync(other, 'said.push(require("./bundle.cjs").mine);');
  writeFileSync(file, 'said.push("once"); exports.mine = "mine"; require("./other.cjs");');
  run(file);
  expect(said).toEqual(["once", "mine"]);
});

it("takes the code that was kept of it", () => {
  writeFileSync(file, "said.push(1);");
  keep(file, run(file));
  expect(run(file).cachedDataRejected).toBe(false);
  expect(said).toEqual([1, 1]);
});

it("does not take the code of another text, though it be as long", () => {
  writeFileSync(file, "said.push(1);");
  keep(file, run(file));
  writeFileSync(file, "said.push(2);");
  expect(run(file).cachedDataRejected).toBeUndefined();
  expect(said).toEqual([1, 2]);
});

it.each([
  ["is cut", (code: Buffer) => code.subarray(0, code.length / 2)],
  ["is empty", () => Buffer.alloc(0)],
  ["has a byte that fell over", (code: Buffer) => Buffer.concat([code.subarray(0, -9), Buffer.alloc(9, 7)])],
])("does without code that %s", (_, damaged) => {
  writeFileSync(file, "said.push(1);");
  keep(file, run(file));
  writeFileSync(`${file}.code`, damaged(readFileSync(`${file}.code`)));
  run(file);
  expect(said).toEqual([1, 1]);
});

it("says in a stack where a fault is", () => {
  writeFileSync(file, "\n\nthrow new Error('here');");
  expect(() => run(file)).toThrow("here");
  try {
    run(file);
  } catch (error) {
    expect((error as Error).stack).toContain("bundle.cjs:3:");
  }
});

it("is there for the command, as the build has left it", () => {
  const built = join(ROOT, "dist/bin/main.cjs");
  const kept = readFileSync(`${built}.code`);
  const digest = createHash("sha256").update(readFileSync(built)).update(kept.subarray(32)).digest();
  expect(kept.length).toBeGreaterThan(100_000);
  expect(kept.subarray(0, 32).equals(digest)).toBe(true);
  expect(kept.includes(ROOT)).toBe(false);
});
