// Of several processes that rename to one name, one succeeds, whenever each has checked the name.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { renameNoReplace } from "../../../src/sink/files/link-or-copy.ts";
import { ownFolder } from "../../support/own.ts";

const folder = ownFolder();

it("of two processes that rename a file to one name, the second is refused, and both bodies are complete", () => {
  const at = (name: string) => folder.at(name);
  writeFileSync(at("one"), "first");
  writeFileSync(at("two"), "second");
  expect(renameNoReplace(at("one"), at("name"))).toBe(true);
  expect(renameNoReplace(at("two"), at("name"))).toBe(false);
  expect(readFileSync(at("name"), "utf8")).toBe("first");
  expect(existsSync(at("one"))).toBe(false);
  expect(readFileSync(at("two"), "utf8")).toBe("second");
});
